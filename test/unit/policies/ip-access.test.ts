import { describe, expect, test } from 'bun:test';
import { AddressTrie } from '../../../src/core/address-set.ts';
import { isInRanges, parseRange } from '../../../src/core/cidr.ts';
import { asked, rigOf } from '../../support/policies/asked.ts';

const failed = (options: object) => asked(rigOf({ ip_access: options })).failure?.code ?? null;

describe('clients by their addresses', () => {
  // The client is 10.0.0.1.
  test.each<[object, string | null]>([
    [{ allow: ['10.0.0.0/8'] }, null],
    [{ allow: ['192.0.2.0/24'] }, 'forbidden'],
    [{ deny: ['10.0.0.0/8'] }, 'forbidden'],
    [{ deny: ['192.0.2.0/24'] }, null],
    [{ allow: ['10.0.0.1'], deny: ['10.0.0.0/8'] }, null],
    [{ allow: ['10.0.0.0/8'], deny: ['10.0.0.1'] }, 'forbidden'],
    [{ allow: ['10.0.0.1'], deny: ['10.0.0.1'] }, 'forbidden'],
    [{ allow: ['::ffff:10.0.0.1'] }, null],
    [{ allow: ['::/0'] }, null],
    [{ deny: ['10.0.0.1'], status: '404' }, 'no-route'],
  ])('with %j: %p', (options, code) => {
    const failedWith: string | null = failed(options);
    expect(failedWith).toBe(code);
  });

  test('need a list', () => {
    expect(() => rigOf({ ip_access: {} })).toThrow('names no addresses');
    expect(() => rigOf({ ip_access: { allow: [] } })).toThrow('names no addresses');
  });
});

describe('a trie of ranges', () => {
  test('finds what looking at each range finds', () => {
    const texts = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '2001:db8::/32', '::1', '192.0.2.128/25'];
    const ranges = texts.map((text) => parseRange(text) ?? { bytes: new Uint8Array(16), bits: 0 });
    const trie = new AddressTrie();
    for (const range of ranges) trie.add(range, 1);
    for (const address of [
      '10.1.2.3',
      '10.2.0.0',
      '11.0.0.0',
      '2001:db8:ffff::',
      '2001:db9::',
      '::1',
      '::2',
      '192.0.2.127',
      '192.0.2.128',
      '::ffff:10.0.0.1',
      'x',
    ])
      expect([address, trie.markOf(address) === 1]).toEqual([address, isInRanges(ranges, address)]);
  });

  test('has the mark of the longest range', () => {
    const trie = new AddressTrie();
    for (let at = 0; at < 1000; at++)
      trie.add(parseRange(`10.${at >> 8}.${at & 255}.0/24`) ?? { bytes: new Uint8Array(16), bits: 128 }, 1 + (at % 5));
    trie.add(parseRange('10.0.0.0/8') ?? { bytes: new Uint8Array(16), bits: 128 }, 9);
    expect([trie.markOf('10.0.7.1'), trie.markOf('10.3.231.1'), trie.markOf('10.200.0.1')]).toEqual([3, 5, 9]);
  });
});
