import { describe, expect, test } from 'bun:test';
import { clientKey, isInRanges, parseAddress, parseRange } from '../../src/core/cidr.ts';

const holds = (range: string, address: string): boolean => {
  const parsed = parseRange(range);
  if (parsed === null) throw new Error(`${range} is not a range`);
  return isInRanges([parsed], address);
};

describe('one client', () => {
  test.each([
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
    ['nobody', 'nobody', true],
  ])('is %s and %s: %p', (a, b, wanted) => {
    expect(clientKey(a) === clientKey(b)).toBe(wanted);
  });
});

describe('a range of addresses', () => {
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '203.0.113.9', true],
    ['fd00::/8', 'fdab::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['192.168.4.0/22', '192.168.7.255', true],
    ['192.168.4.0/22', '192.168.8.0', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', 'nobody', false],
  ])('%s holds %s: %p', (range, address, wanted) => {
    expect(holds(range, address)).toBe(wanted);
  });

  test.each([
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0',
    '010.0.0.1',
    '::1/129',
    '1::2::3',
    '',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
  ])('%j is not one', (text) => {
    expect(parseRange(text)).toBeNull();
  });

  test('an IPv4 address may end an IPv6 address, and nothing else', () => {
    expect(parseAddress('::ffff:1.2.3.4')).not.toBeNull();
    expect(parseAddress('1.2.3.4::')).toBeNull();
    expect(parseAddress('1.2.3.4::5')).toBeNull();
  });
});
