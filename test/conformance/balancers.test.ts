// Rules for every balancer of the registry.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Balancer, BalancerKind, BalancerTools } from '../../src/balance/contract.ts';
import { balancers } from '../../src/balance/registry.ts';
import { mix32 } from '../../src/core/hash.ts';
import { millis } from '../../src/core/units.ts';
import { TestTools, candidate, candidatesOf, countPicks, create, type TestCandidate } from '../support/balancing.ts';

type Subject = {
  readonly type: string;
  readonly spread: 'weight' | 'key' | 'order';
  readonly make: (tools: BalancerTools) => Balancer;
};

const kinds: readonly BalancerKind<unknown>[] = balancers;
const subjects = kinds.map((kind): Subject => ({ ...kind, make: (tools) => create(kind, tools) }));

/** A change of candidates, or picks between two changes. */
type Step =
  | { readonly kind: 'update'; readonly ids: readonly number[]; readonly weights: readonly number[] }
  | { readonly kind: 'pick'; readonly picks: number };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('update' as const),
    ids: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 20 }),
    weights: fc.array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.double({ min: 0.01, max: 3, noNaN: true })), {
      minLength: 20,
      maxLength: 20,
    }),
  }),
  fc.record({ kind: fc.constant('pick' as const), picks: fc.integer({ min: 1, max: 60 }) }),
);

/** Runs the steps with requests that come and go, and returns the ids that were picked. `looks`: peeks before each. */
function run(make: Subject['make'], steps: readonly Step[], seed: number, looks = false): number[] {
  const tools = new TestTools(seed);
  const balancer = make(tools);
  let candidates: TestCandidate[] = [candidate(0)];
  const picked: number[] = [];
  balancer.update(candidates);
  for (const step of steps) {
    if (step.kind === 'update') {
      const before = candidates;
      candidates = step.ids.map(
        (id, at) =>
          before.find((known) => known.id === id && known.weight === step.weights[at]) ??
          candidate(id, step.weights[at]),
      );
      tools.load.inFlight = candidates.reduce((sum, one) => sum + one.inFlight, 0);
      balancer.update(candidates);
    } else for (let at = 0; at < step.picks; at++) picked.push(pickOne(balancer, candidates, tools, looks));
  }
  return picked;
}

function pickOne(balancer: Balancer, candidates: readonly TestCandidate[], tools: TestTools, looks: boolean): number {
  const key = Math.floor(tools.random() * 2 ** 32);
  const seen = looks ? tools.drawnAgain(() => [balancer.peek(key), balancer.peek(mix32(key)), balancer.peek(key)]) : [];
  const index = balancer.pick(key);
  if (looks) expect(seen[0]).toBe(index);
  expect(Number.isInteger(index) && index >= 0 && index < candidates.length).toBe(true);
  const chosen = candidates[index];
  tools.time += tools.random() * 100;
  if (tools.random() < 0.6) {
    chosen.inFlight++;
    tools.load.inFlight++;
  } else if (chosen.inFlight > 0) {
    chosen.inFlight--;
    tools.load.inFlight--;
    balancer.observe?.(chosen.id, millis(tools.random() * 500));
  }
  return chosen.id;
}

test('every name is in the registry once', () => {
  expect(new Set(balancers.map((kind) => kind.type)).size).toBe(balancers.length);
});

for (const { type, spread, make } of subjects) {
  describe(type, () => {
    test('never picks outside its candidates, whatever changes come between picks', () => {
      fc.assert(
        fc.property(fc.array(stepArbitrary, { maxLength: 30 }), fc.nat(), (steps, seed) => void run(make, steps, seed)),
      );
    });

    test('does the same again with the same random source', () => {
      fc.assert(
        fc.property(fc.array(stepArbitrary, { maxLength: 15 }), fc.nat(), (steps, seed) => {
          expect(run(make, steps, seed)).toEqual(run(make, steps, seed));
        }),
      );
    });

    test('looks ahead without a trace: what it shows is picked next, and nothing is picked otherwise for it', () => {
      fc.assert(
        fc.property(fc.array(stepArbitrary, { maxLength: 30 }), fc.nat(), (steps, seed) => {
          expect(run(make, steps, seed, true)).toEqual(run(make, steps, seed));
        }),
      );
    });

    test('looks ahead at one of its candidates, whatever is drawn', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), (size, seed) => {
          const balancer = make(new TestTools(seed));
          balancer.update(Array.from({ length: size }, (_, id) => candidate(id, 1 + (id % 3), id % 4)));
          for (let at = 0; at < 20; at++) {
            const seen = balancer.peek(mix32(seed + at));
            expect(Number.isInteger(seen) && seen >= 0 && seen < size).toBe(true);
          }
        }),
      );
    });

    test('picks the only candidate, and the new ones after growing again', () => {
      const tools = new TestTools();
      const balancer = make(tools);
      balancer.update(candidatesOf([1, 2, 3, 4]));
      balancer.pick(7);
      balancer.update([candidate(2, 3)]);
      for (let at = 0; at < 20; at++) expect(balancer.pick(mix32(at))).toBe(0);
      const grown = candidatesOf([1, 1, 1, 1, 1]);
      balancer.update(grown);
      const served = countPicks(balancer, grown, 2000, mix32).filter((count) => count > 0).length;
      expect(served).toBe(spread === 'order' ? 1 : 5);
    });

    test('takes an empty list, and goes on when there are candidates again', () => {
      const balancer = make(new TestTools());
      for (const candidates of [[], candidatesOf([1, 2]), [], candidatesOf([2, 2])]) {
        balancer.update(candidates);
        if (candidates.length > 0) expect([0, 1]).toContain(balancer.pick(12_345));
        else expect(balancer.pickOther(12_345, [])).toBe(-1);
      }
    });

    test('for a retry picks one that was not tried, and -1 when all were', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.nat(12)), fc.nat(), (size, tried, key) => {
          const balancer = make(new TestTools(key));
          balancer.update(Array.from({ length: size }, (_, id) => candidate(id, 1 + (id % 3), id % 4)));
          const at = balancer.pickOther(
            mix32(key),
            tried.map((id) => candidate(id)),
          );
          if (at === -1) expect(new Set(tried.filter((id) => id < size)).size).toBe(size);
          else expect(at < size && !tried.includes(at)).toBe(true);
        }),
      );
    });

    test('an update that changes nothing keeps the long-run shares', () => {
      const candidates = candidatesOf([3, 1, 2]);
      const balancer = make(new TestTools());
      const counts = [0, 0, 0];
      for (let at = 0; at < 6000; at++) {
        balancer.update([...candidates]);
        counts[balancer.pick(mix32(at))]++;
      }
      expectShares(spread, counts, [3, 1, 2]);
    });

    test('respects weights in the long run, for any weights and any eligible part of the pool', () => {
      const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(weights, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), fc.nat(), (all, mask, seed) => {
          const balancer = make(new TestTools(seed));
          balancer.update(candidatesOf(all));
          balancer.pick(seed);
          const eligible = candidatesOf(all).filter((one, at) => mask[at] || one.id === 0);
          balancer.update(eligible);
          const counts = countPicks(balancer, eligible, 20_000, (at) => mix32(at + seed));
          expectShares(
            spread,
            counts,
            eligible.map((one) => one.weight),
          );
        }),
        { numRuns: 30 },
      );
    });
  });
}

// Five standard deviations of a fair draw; keys are also spread by a ring, whose own unevenness is a part of each share.
function expectShares(spread: Subject['spread'], counts: readonly number[], weights: readonly number[]): void {
  const picks = counts.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (let at = 0; at < counts.length; at++) {
    const share = spread === 'order' ? Number(at === 0) : weights[at] / total;
    const tolerance = 5 * Math.sqrt(share * (1 - share) * picks) + (spread === 'key' ? 0.4 * share * picks : 0) + 1;
    expect(Math.abs(counts[at] - share * picks)).toBeLessThanOrEqual(tolerance);
  }
}
