import { describe, expect, test } from 'bun:test';
import { consistentHash } from '../../src/balance/consistent-hash.ts';
import { type KeySource, parseKeySource } from '../../src/balance/key-source.ts';

describe('a key source', () => {
  test.each<[string, KeySource]>([
    ['client', { from: 'client' }],
    ['path', { from: 'path' }],
    ['header:X-User', { from: 'header', name: 'x-user' }],
    ['cookie:SID', { from: 'cookie', name: 'SID' }],
    ['query:id', { from: 'query', name: 'id' }],
  ])('%s is understood', (text, source) => {
    expect(parseKeySource(text)).toEqual({ ok: true, value: source });
  });

  test.each(['', 'clients', 'client:', 'header:', 'header:a b', 'cookie:a;b', 'query:a&b', 'header', 'Path', 'query:'])(
    '%p is refused',
    (text) => {
      expect(parseKeySource(text).ok).toBe(false);
    },
  );

  test('is the client by default, and a bad one is a problem of the configuration', () => {
    expect(consistentHash.options.parse({}).key).toEqual({ from: 'client' });
    expect(consistentHash.options.safeParse({ key: 'header:' }).success).toBe(false);
    expect(consistentHash.options.safeParse({ load_factor: 0.5 }).success).toBe(false);
    expect(consistentHash.options.parse({ load_factor: '1.25', points: 8 })).toMatchObject({
      load_factor: 1.25,
      points: 8,
    });
  });
});
