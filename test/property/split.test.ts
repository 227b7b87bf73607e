// Which pool a client belongs to, for all weights: shares are exact enough, and one that grows keeps whom it has.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Shares, type Weights } from '../../src/policies/split/shares.ts';

const NAMES = ['stable', 'canary', 'next', 'old'];

const weights = fc
  .array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: NAMES.length })
  .filter((all) => all.some((weight) => weight > 0))
  .map((all): Weights => Object.fromEntries(all.map((weight, at) => [NAMES[at], weight])));

const keys = Array.from({ length: 300 }, (_, at) => `user-${at}`);

function poolsOf(given: Weights, seed = 7): readonly string[] {
  const shares = new Shares(given, seed);
  return keys.map((key) => shares.poolOf(key));
}

describe('shares of clients', () => {
  test('that grow against all others lose nobody', () => {
    fc.assert(
      fc.property(weights, fc.nat(), fc.integer({ min: 1, max: 1000 }), (given, at, more) => {
        const all = Object.keys(given);
        const grows = all[at % all.length] ?? '';
        const before = poolsOf(given);
        const after = poolsOf({ ...given, [grows]: (given[grows] ?? 0) + more });
        // Nobody moves but to the one that grows.
        before.forEach((pool, key) => {
          if (after[key] !== pool) expect(after[key]).toBe(grows);
        });
      }),
    );
  });

  test('mean the same in any order and in any unit, and another seed draws others', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 2, max: 100 }), (given, factor) => {
        const turned = Object.fromEntries(Object.entries(given).toReversed());
        const scaled = Object.fromEntries(Object.entries(given).map(([pool, weight]) => [pool, weight * factor]));
        expect(poolsOf(turned)).toEqual(poolsOf(given));
        expect(poolsOf(scaled)).toEqual(poolsOf(given));
      }),
    );
    expect(poolsOf({ stable: 1, canary: 1 }, 1)).not.toEqual(poolsOf({ stable: 1, canary: 1 }, 2));
  });

  test('never lead to a pool with the weight 0', () => {
    fc.assert(
      fc.property(weights, (given) => {
        for (const pool of poolsOf(given)) expect(given[pool]).toBeGreaterThan(0);
      }),
    );
  });

  test.each([
    [{ stable: 95, canary: 5 }],
    [{ stable: 90, canary: 10 }],
    [{ stable: 1, canary: 1 }],
    [{ stable: 70, canary: 20, next: 10 }],
  ])('are within one in a hundred over 20,000 clients: %j', (given: Weights) => {
    const shares = new Shares(given, 3);
    const counts = new Map<string, number>();
    for (let client = 0; client < 20_000; client++) {
      const pool = shares.poolOf(`user${client}`);
      counts.set(pool, (counts.get(pool) ?? 0) + 1);
    }
    const total = Object.values(given).reduce((sum, weight) => sum + weight, 0);
    for (const [pool, weight] of Object.entries(given))
      expect(Math.abs((counts.get(pool) ?? 0) / 20_000 - weight / total)).toBeLessThan(0.01);
  });
});
