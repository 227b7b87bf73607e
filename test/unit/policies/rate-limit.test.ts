import { describe, expect, test } from 'bun:test';
import { millis } from '../../../src/core/units.ts';
import { GcraTable, wordsFor } from '../../../src/policies/rate-limit/gcra-table.ts';
import type { PolicyWords } from '../../../src/policies/tools.ts';
import { privateWords } from '../../../src/runtime/policy-words.ts';
import { answered, asked, rigOf } from '../../support/policies/asked.ts';

const codes = (count: number, options: object, fields: readonly string[] = []) => {
  const rig = rigOf({ rate_limit: options });
  return { rig, codes: Array.from({ length: count }, () => asked(rig, fields).failure?.code ?? 'passed') };
};

describe('a rate limit', () => {
  test('lets a burst through, then one for each part of the time', async () => {
    const { rig, codes: first } = codes(4, { requests: 2, per: '1s', burst: 3 });
    expect(first).toEqual(['passed', 'passed', 'passed', 'rate-limited']);
    await rig.clock.advance(500);
    expect([asked(rig).failure?.code, asked(rig).failure?.code]).toEqual([undefined, 'rate-limited']);
  });

  test('says when to come again, and how much is left', async () => {
    const rig = rigOf({ rate_limit: { requests: 60, per: '1m', burst: 2, headers: 'both', name: 'api' } });
    const { added } = answered(rig);
    expect(added).toEqual([
      'RateLimit-Policy: "api";q=60;w=60',
      'RateLimit: "api";r=1;t=1',
      'X-RateLimit-Limit: 2',
      'X-RateLimit-Remaining: 1',
      'X-RateLimit-Reset: 1',
    ]);
    asked(rig);
    const refused = asked(rig);
    expect(refused.added).toContain('Retry-After: 1');
    expect(refused.added).toContain('RateLimit: "api";r=0;t=2');
    await rig.clock.advance(1000);
    expect(asked(rig).failure).toBeNull();
  });

  test('counts by a part of the request, and without it by the client', () => {
    const rig = rigOf({ rate_limit: { requests: 1, per: '1m', key: 'header:x-user' } });
    const ask = (fields: readonly string[]) => asked(rig, fields).failure?.code ?? 'passed';
    expect([ask(['X-User: a']), ask(['X-User: b']), ask(['X-User: a'])]).toEqual(['passed', 'passed', 'rate-limited']);
    expect([ask([]), ask([])]).toEqual(['passed', 'rate-limited']);
  });

  test('may let through or refuse what lacks the part', () => {
    expect(codes(2, { requests: 1, per: '1m', key: 'consumer', when_key_missing: 'allow' }).codes).toEqual([
      'passed',
      'passed',
    ]);
    expect(codes(1, { requests: 1, per: '1m', key: 'consumer', when_key_missing: 'refuse' }).codes).toEqual([
      'rate-limited',
    ]);
  });

  test('does not count those who are exempt, nor refuses where it only tries', () => {
    expect(codes(3, { requests: 1, per: '1m', exempt: ['10.0.0.0/8'] }).codes).toEqual(['passed', 'passed', 'passed']);
    expect(codes(3, { requests: 1, per: '1m', dry_run: true }).codes).toEqual(['passed', 'passed', 'passed']);
  });

  test('is not charged for what another limit refuses', () => {
    const rig = rigOf(
      { rate_limit: { requests: 2, per: '1m', name: 'wide' } },
      { rate_limit: { requests: 1, per: '1m', key: 'header:x-user', name: 'narrow' } },
    );
    const ask = (user: string) => asked(rig, [`X-User: ${user}`]).failure?.code ?? 'passed';
    expect([ask('a'), ask('a'), ask('a'), ask('b'), ask('c')]).toEqual([
      'passed',
      'rate-limited',
      'rate-limited',
      'passed',
      'rate-limited',
    ]);
  });
});

describe('a table of rates', () => {
  const rate = { requests: 10, per: millis(1000), burst: 10 };
  const KEYS = 1024;
  const tableOf = (keys = KEYS) => new GcraTable(privateWords(wordsFor(keys)), keys, rate, () => 0.3);

  test('still limits a steady client among a million others', () => {
    const table = tableOf();
    let passed = 0;
    for (let at = 0; at < 1_000_000; at++) {
      const now = millis(at / 100);
      table.take(`other ${at}`, 1, now);
      if (at % 100 === 0 && table.take('steady', 1, now).isAllowed) passed++;
    }
    // 10,000 tries in ten seconds: 10 a second and a burst. Now and then it is forgotten.
    expect(passed).toBeLessThan(400);
    expect(passed).toBeGreaterThanOrEqual(100);
  });

  test('is used by several at a time, and exact', () => {
    const words = privateWords(wordsFor(KEYS));
    const [one, other] = [new GcraTable(words, KEYS, rate, () => 0.1), new GcraTable(words, KEYS, rate, () => 0.9)];
    const allowed = Array.from(
      { length: 30 },
      (_, at) => (at % 2 === 0 ? one : other).take('x', 1, millis(0)).isAllowed,
    );
    expect(allowed.filter(Boolean)).toHaveLength(10);
  });

  test('forgets who has all of the burst again', () => {
    const table = tableOf();
    for (let at = 0; at < 100; at++) table.take(`key ${at}`, 1, millis(at));
    expect(table.sweep(millis(120))).toBeLessThan(100);
    expect(table.sweep(millis(10_000))).toBe(0);
  });

  test('looks at no part of its memory that has had no key', () => {
    const keys = 65_536;
    const words = privateWords(wordsFor(keys));
    const looked = new Set<number>();
    const counting = { ...bound(words), get: (word: number) => (looked.add(word), words.get(word)) };
    const table = new GcraTable(counting, keys, rate, () => 0.3);
    for (let at = 0; at < 10; at++) table.take(`key ${at}`, 1, millis(0));
    expect(table.sweep(millis(0))).toBe(10);
    // Ten blocks of 512 keys at most, and what says which.
    expect(looked.size).toBeLessThanOrEqual(10 * 2 * 512 + 10);
    expect(table.sweep(millis(10_000))).toBe(0);
  });

  test('goes on when the clock of its words has gone around', () => {
    const table = tableOf();
    const around = 2 ** 32 * (rate.per / rate.requests / 64);
    for (const now of [0, around - 100, around, around + 100]) {
      table.sweep(millis(now));
      expect(
        Array.from({ length: 12 }, () => table.take(`at ${now}`, 1, millis(now)).isAllowed).filter(Boolean),
      ).toHaveLength(10);
    }
  });
});

function bound(words: PolicyWords): PolicyWords {
  return {
    get: (word) => words.get(word),
    set: (word, value) => words.set(word, value),
    add: (word, by) => words.add(word, by),
    swap: (word, expected, value) => words.swap(word, expected, value),
  };
}
