// What the balancers that go by a key promise.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { consistentHash } from '../../src/balance/consistent-hash.ts';
import type { BalancerKind } from '../../src/balance/contract.ts';
import { rendezvous } from '../../src/balance/rendezvous.ts';
import { mix32 } from '../../src/core/hash.ts';
import { TestTools, candidatesOf, create } from '../support/balancing.ts';

const weightsArbitrary = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });

const hashes: readonly { readonly kind: BalancerKind<unknown>; readonly options: object[] }[] = [
  { kind: consistentHash, options: [{}, { load_factor: 1.25 }] },
  { kind: rendezvous, options: [{}] },
];

for (const { kind, options } of hashes) {
  describe(`${kind.type} as a hash`, () => {
    test.each(options)('a candidate that leaves moves only its own keys: %j', (option) => {
      fc.assert(
        fc.property(weightsArbitrary, fc.nat(11), fc.nat(), (weights, gone, salt) => {
          const all = candidatesOf(weights);
          const rest = all.filter((one) => one.id !== gone);
          fc.pre(rest.length > 0);
          const balancer = create(kind, new TestTools(), option);
          balancer.update(all);
          const before = Array.from({ length: 200 }, (_, key) => all[balancer.pick(mix32(key + salt))].id);
          balancer.update(rest);
          const after = Array.from({ length: 200 }, (_, key) => rest[balancer.pick(mix32(key + salt))].id);
          for (const [key, id] of before.entries()) if (id !== gone) expect(after[key]).toBe(id);
          balancer.update(all);
          expect(Array.from({ length: 200 }, (_, key) => all[balancer.pick(mix32(key + salt))].id)).toEqual(before);
        }),
        { numRuns: 50 },
      );
    });

    test('candidates that are away for a while are found again, and meanwhile it is as if they never were', () => {
      const masks = fc.array(fc.nat(4095), { minLength: 1, maxLength: 8 });
      fc.assert(
        fc.property(weightsArbitrary, masks, fc.nat(), (weights, present, salt) => {
          const all = candidatesOf(weights);
          const kept = create(kind, new TestTools());
          for (const mask of [4095, ...present]) {
            const candidates = all.filter(({ id }) => ((mask >> id) & 1) === 1);
            const fresh = create(kind, new TestTools());
            for (const balancer of [kept, fresh]) balancer.update(candidates);
            if (candidates.length === 0) expect(kept.pickOther(salt, [])).toBe(-1);
            for (let key = salt; key < salt + 50 && candidates.length > 0; key++) {
              expect(kept.pick(mix32(key))).toBe(fresh.pick(mix32(key)));
              expect(kept.pickOther(mix32(key), [candidates[0]])).toBe(fresh.pickOther(mix32(key), [candidates[0]]));
            }
          }
        }),
        { numRuns: 50 },
      );
    });

    test('a candidate that grows takes keys and gives none away', () => {
      fc.assert(
        fc.property(
          weightsArbitrary,
          fc.double({ min: 0.05, max: 1, noNaN: true }),
          fc.nat(),
          (weights, part, salt) => {
            const full = candidatesOf([...weights, 3]);
            const small = full.map((one) => (one.id === weights.length ? { ...one, weight: 3 * part } : one));
            const balancer = create(kind, new TestTools());
            balancer.update(small);
            const before = Array.from({ length: 200 }, (_, key) => balancer.pick(mix32(key + salt)));
            balancer.update(full);
            for (const [key, at] of before.entries()) {
              const now = balancer.pick(mix32(key + salt));
              if (now !== at) expect(now).toBe(weights.length);
            }
          },
        ),
        { numRuns: 50 },
      );
    });

    test('for a retry goes where the key will live once the tried ones are gone', () => {
      fc.assert(
        fc.property(weightsArbitrary, fc.nat(), (weights, salt) => {
          const all = candidatesOf([...weights, 1]);
          const balancer = create(kind, new TestTools());
          balancer.update(all);
          const gone = balancer.pick(salt);
          const other = all[balancer.pickOther(salt, [all[gone]])].id;
          const rest = all.filter((one) => one.id !== gone);
          balancer.update(rest);
          expect(rest[balancer.pick(salt)].id).toBe(other);
        }),
        { numRuns: 50 },
      );
    });
  });
}

describe('consistent_hash with a load factor', () => {
  test('no candidate passes its bound, whatever the keys', () => {
    fc.assert(
      fc.property(
        weightsArbitrary,
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (weights, factor, keys, seed) => {
          const tools = new TestTools(seed);
          const balancer = create(consistentHash, tools, { load_factor: factor });
          const candidates = candidatesOf(weights);
          balancer.update(candidates);
          for (let at = 0; at < 300; at++) {
            const chosen = candidates[balancer.pick(mix32(Math.floor(tools.random() * keys)))];
            chosen.inFlight++;
            tools.load.inFlight++;
            expect(chosen.inFlight).toBeLessThanOrEqual(
              Math.ceil(
                (factor * tools.load.inFlight * chosen.weight) / weights.reduce((total, weight) => total + weight, 0),
              ),
            );
            const ended = candidates[Math.floor(tools.random() * candidates.length)];
            if (tools.random() < 0.3 && ended.inFlight > 0) {
              ended.inFlight--;
              tools.load.inFlight--;
            }
          }
        },
      ),
    );
  });

  test('without one, a key stays whatever the load', () => {
    const candidates = candidatesOf([1, 1, 1]);
    const tools = new TestTools();
    const balancer = create(consistentHash, tools);
    balancer.update(candidates);
    const at = balancer.pick(12_345);
    candidates[at].inFlight = tools.load.inFlight = 1000;
    expect(balancer.pick(12_345)).toBe(at);
  });
});
