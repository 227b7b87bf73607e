import { describe, expect, test } from 'bun:test';
import { ipAccess } from '../../../src/policies/ip-access.ts';
import { err, ok } from '../../../src/core/result.ts';
import { rulesOfFile } from '../../../src/core/text-file.ts';
import { policyOf, refusalsOf, requestFor, verdictOn } from '../../support/policies/alone.ts';

function isLetIn(options: object, address: string): boolean {
  return verdictOn(policyOf(ipAccess, options), requestFor('/', { client: { address } })).kind === 'continue';
}

describe('a client is let in', () => {
  test('by one list, and everybody else is treated the other way', () => {
    expect(['10.1.2.3', '11.0.0.1'].map((address) => isLetIn({ allow: ['10.0.0.0/8'] }, address))).toEqual([
      true,
      false,
    ]);
    expect(['10.1.2.3', '11.0.0.1'].map((address) => isLetIn({ deny: ['10.0.0.0/8'] }, address))).toEqual([
      false,
      true,
    ]);
  });

  test('by the longest range of two lists, and by none where one range is in both', () => {
    const options = { allow: ['10.0.0.0/8', '10.1.1.1', '10.2.0.0/16'], deny: ['10.1.0.0/16', '10.2.0.0/16'] };
    const addresses = ['10.3.0.1', '10.1.0.1', '10.1.1.1', '10.2.0.1', '11.0.0.1'];
    expect(addresses.map((address) => isLetIn(options, address))).toEqual([true, false, true, false, false]);
  });

  test('by the ends of a range of IPv6, and by IPv4 in either spelling', () => {
    const allow = ['2001:db8::/32', '192.0.2.0/24'];
    const inside = ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '::ffff:192.0.2.7', '192.0.2.7'];
    const outside = ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db9::', '::ffff:192.0.3.1'];
    expect(inside.filter((address) => !isLetIn({ allow }, address))).toEqual([]);
    expect(outside.filter((address) => isLetIn({ allow }, address))).toEqual([]);
    expect(isLetIn({ allow: ['fe80::/10'] }, 'fe80::1%eth0')).toBe(true);
  });

  test('by ranges of its own family alone', () => {
    expect(isLetIn({ allow: ['0.0.0.0/0'] }, '::1')).toBe(false);
    expect(isLetIn({ deny: ['::/0'] }, '10.0.0.1')).toBe(true);
  });

  test('by no list if nobody knows its address', () => {
    for (const options of [{ allow: ['0.0.0.0/0', '::/0'] }, { deny: ['10.0.0.1'] }])
      for (const address of ['', 'unknown', '_hidden', '10.0.0.1:80']) expect(isLetIn(options, address)).toBe(false);
  });

  test('by nobody where the list is empty', () => {
    expect(isLetIn({ allow: [], deny: ['10.0.0.1'] }, '10.0.0.2')).toBe(false);
  });
});

describe('those who are kept out', () => {
  test.each([
    ['403', 'forbidden'],
    [404, 'no-route'],
    ['drop', 'dropped'],
  ] as const)('get what is said: %s', (status, code) => {
    const verdict = verdictOn(policyOf(ipAccess, { allow: ['10.9.9.9'], status }), requestFor('/'));
    expect(verdict).toMatchObject({ kind: 'refuse', failure: { code }, retryAfter: null });
  });
});

describe('files', () => {
  test('have one entry in a line, and comments', () => {
    const text = '# office\n10.0.0.0/8   # all of it\r\n\n2001:db8::1\n';
    const options = ipAccess.options.parse({ allow_file: 'allowed.txt' });
    const policy = ipAccess.create({ ...options, allow_file: { path: 'allowed.txt', text } });
    const isIn = (address: string) => verdictOn(policy, requestFor('/', { client: { address } })).kind === 'continue';
    expect(['10.0.0.1', '2001:db8::1', '11.0.0.1'].map(isIn)).toEqual([true, true, false]);
  });

  test('are refused with the number of the line that is wrong', () => {
    const { allow_file: file = {} } = ipAccess.options.parse({ allow_file: 'x' });
    expect(rulesOfFile(file)?.read('10.0.0.0/8\n\n10.0.0.1/8\n')).toEqual(
      err('its line 3 has bits set beyond its length'),
    );
    expect(rulesOfFile(file)?.read('10.0.0.0/8\nexample.com')).toEqual(err('its line 2 is no address or range'));
    expect(rulesOfFile(file)?.read('10.0.0.0/8')).toEqual(ok('10.0.0.0/8'));
  });
});

describe('options of ip_access', () => {
  test.each([
    [{}, /lets everybody in/],
    [{ allow: [], deny: [] }, /lets everybody in/],
    [{ allow: ['10.0.0.1/8'] }, /has bits set beyond its length/],
    [{ allow: ['example.com'] }, /is no address or range/],
    [{ allow: ['::1%lo'] }, /is no address or range/],
    [{ allow: ['::1'], status: 200 }, /is none of them/],
  ])('cannot be %j', (options, message) => {
    expect(refusalsOf(ipAccess, options).join()).toMatch(message);
  });
});
