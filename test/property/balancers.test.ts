// Each balancer's own promise.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { leastRequests } from '../../src/balance/least-requests.ts';
import { p2c } from '../../src/balance/p2c.ts';
import { nextAverage, peakEwma } from '../../src/balance/peak-ewma.ts';
import { random } from '../../src/balance/random.ts';
import { roundRobin } from '../../src/balance/round-robin.ts';
import { millis } from '../../src/core/units.ts';
import { type TestCandidate, TestTools, candidate, candidatesOf, countPicks, create } from '../support/balancing.ts';

const weightsArbitrary = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
const loadsArbitrary = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 9 }), inFlight: fc.nat(50) }), {
  minLength: 2,
  maxLength: 12,
});

function loaded(loads: readonly { weight: number; inFlight: number }[]): TestCandidate[] {
  return loads.map((load, id) => candidate(id, load.weight, load.inFlight));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe('round_robin', () => {
  test('one cycle serves each candidate exactly weight times, in any cycle', () => {
    fc.assert(
      fc.property(weightsArbitrary, fc.nat(3), (weights, cycles) => {
        const balancer = create(roundRobin, new TestTools());
        const candidates = candidatesOf(weights);
        balancer.update(candidates);
        countPicks(balancer, candidates, cycles * sum(weights), () => 0);
        expect(countPicks(balancer, candidates, isEven(weights) ? weights.length : sum(weights), () => 0)).toEqual(
          isEven(weights) ? weights.map(() => 1) : weights,
        );
      }),
    );
  });

  test('spreads weights 5, 1, 1 without a burst', () => {
    const balancer = create(roundRobin, new TestTools());
    balancer.update(candidatesOf([5, 1, 1]));
    expect(Array.from({ length: 7 }, () => balancer.pick(0))).toEqual([0, 0, 1, 0, 2, 0, 0]);
  });

  test('goes on with the rotation when the same candidates are given again before each pick', () => {
    fc.assert(
      fc.property(weightsArbitrary, (weights) => {
        const balancer = create(roundRobin, new TestTools());
        const counts = weights.map(() => 0);
        for (let at = 0; at < 2 * sum(weights); at++) {
          balancer.update(candidatesOf(weights));
          counts[balancer.pick(0)]++;
        }
        const expected = weights.map((weight) => (isEven(weights) ? (2 * sum(weights)) / weights.length : 2 * weight));
        expect(counts).toEqual(expected);
      }),
    );
  });

  test('serves nobody twice while another waits, across a candidate that leaves and comes back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 9 }),
        fc.array(fc.nat(8), { minLength: 1, maxLength: 40 }),
        (size, leaving) => {
          const all = candidatesOf(Array.from({ length: size }, () => 1));
          const balancer = create(roundRobin, new TestTools());
          const counts = new Map(all.map((one) => [one.id, 0]));
          for (const id of leaving) {
            const present = all.filter((one) => one.id !== id);
            balancer.update(present);
            for (let turn = 0; turn < present.length; turn++) {
              const chosen = present[balancer.pick(0)].id;
              counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
            }
          }
          const presence = all.map((one) => leaving.filter((id) => id !== one.id).length);
          for (const one of all) expect(counts.get(one.id)).toBe(presence[one.id]);
        },
      ),
    );
  });

  test('spreads the turns of one that fails over all others, in proportion to their weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 9 }), (weights) => {
        const balancer = create(roundRobin, new TestTools());
        const candidates = candidatesOf(weights);
        balancer.update(candidates);
        const counts = weights.map(() => 0);
        const cycles = 40 * sum(weights);
        for (let turn = 0; turn < cycles; turn++) {
          const at = balancer.pick(0);
          counts[at === 0 ? balancer.pickOther(0, [candidates[0]]) : at]++;
        }
        expect(counts[0]).toBe(0);
        for (let at = 1; at < weights.length; at++) {
          const due = (cycles * weights[at]) / (sum(weights) - weights[0]);
          expect(Math.abs(counts[at] - due)).toBeLessThan(3);
        }
      }),
    );
  });

  test('keeps shares while weights change all the time, as in a slow start', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 300, maxLength: 300 }),
        (ramp) => {
          const balancer = create(roundRobin, new TestTools());
          const counts = [0, 0, 0];
          const due = [0, 0, 0];
          for (const weight of ramp) {
            balancer.update([candidate(0, 1), candidate(1, 1), candidate(2, weight)]);
            counts[balancer.pick(0)]++;
            for (const [at, share] of [1, 1, weight].entries()) due[at] += share / (2 + weight);
          }
          for (let at = 0; at < 3; at++) expect(Math.abs(counts[at] - due[at])).toBeLessThan(2);
        },
      ),
    );
  });
});

function isEven(weights: readonly number[]): boolean {
  return weights.every((weight) => weight === weights[0]);
}

describe('least_requests', () => {
  test('no candidate has fewer requests for its weight than the one picked', () => {
    fc.assert(
      fc.property(loadsArbitrary, (loads) => {
        const balancer = create(leastRequests, new TestTools());
        const candidates = loaded(loads);
        balancer.update(candidates);
        const chosen = candidates[balancer.pick(0)];
        for (const other of candidates)
          expect(chosen.inFlight * other.weight).toBeLessThanOrEqual(other.inFlight * chosen.weight);
      }),
    );
  });

  test('an idle pool is served in turn, each exactly weight times in a cycle', () => {
    fc.assert(
      fc.property(weightsArbitrary, (weights) => {
        const balancer = create(leastRequests, new TestTools());
        const candidates = candidatesOf(weights);
        balancer.update(candidates);
        expect(countPicks(balancer, candidates, sum(weights), () => 0)).toEqual(weights);
      }),
    );
  });
});

describe('p2c', () => {
  test('never picks the one that has strictly more requests for its weight than every other', () => {
    fc.assert(
      fc.property(loadsArbitrary, fc.nat(), (loads, seed) => {
        const balancer = create(p2c, new TestTools(seed));
        const candidates = loaded(loads);
        balancer.update(candidates);
        const chosen = candidates[balancer.pick(0)];
        const others = candidates.filter((one) => one.id !== chosen.id);
        expect(others.some((other) => other.inFlight * chosen.weight >= chosen.inFlight * other.weight)).toBe(true);
      }),
    );
  });

  test('of two candidates always picks the better, whatever the random source says', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(), (one, two, seed) => {
        fc.pre(one !== two);
        const balancer = create(p2c, new TestTools(seed));
        balancer.update([candidate(0, 1, one), candidate(1, 1, two)]);
        expect(balancer.pick(0)).toBe(one < two ? 0 : 1);
      }),
    );
  });

  test('its two choices are different ones: one lone idle candidate is found by twice its share', () => {
    const balancer = create(p2c, new TestTools());
    const candidates = Array.from({ length: 10 }, (_, id) => candidate(id, 1, id === 3 ? 0 : 1));
    balancer.update(candidates);
    const counts = countPicks(balancer, candidates, 50_000, () => 0);
    expect(counts[3] / 50_000).toBeCloseTo(0.2, 1);
    expect(Math.abs(counts[3] - 10_000)).toBeLessThan(500);
  });
});

describe('peak_ewma', () => {
  test('of two candidates always picks the one with the lower expected wait', () => {
    const latency = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(latency, latency, fc.nat(20), fc.nat(20), fc.nat(), (first, second, one, two, seed) => {
        fc.pre(first * (one + 1) !== second * (two + 1));
        const balancer = create(peakEwma, new TestTools(seed));
        balancer.update([candidate(0, 1, one), candidate(1, 1, two)]);
        balancer.observe?.(0, millis(first));
        balancer.observe?.(1, millis(second));
        expect(balancer.pick(0)).toBe(first * (one + 1) < second * (two + 1) ? 0 : 1);
      }),
    );
  });

  test('an average never leaves the range of what was measured, and a peak counts at once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.nat(100_000)), { minLength: 1 }),
        (measures) => {
          let average = 0;
          let highest = 0;
          for (const [latency, elapsed] of measures) {
            const before = average;
            average = nextAverage(average, millis(latency), elapsed, millis(10_000));
            highest = Math.max(highest, latency);
            expect(average).toBeLessThanOrEqual(highest);
            expect(average).toBeGreaterThanOrEqual(Math.min(before, latency));
            if (latency > before) expect(average).toBe(latency);
          }
        },
      ),
    );
  });

  test('one that was slow once is asked again after a while', () => {
    const tools = new TestTools();
    const balancer = create(peakEwma, tools, { decay: '10s' });
    balancer.update([candidate(0), candidate(1)]);
    balancer.observe?.(0, millis(5000));
    balancer.observe?.(1, millis(10));
    const turns = Array.from({ length: 100 }, () => {
      tools.time += 1000;
      const at = balancer.pick(0);
      balancer.observe?.(at, millis(10));
      return at;
    });
    expect(turns[0]).toBe(1);
    expect(turns).toContain(0);
  });

  test('one that was never measured gets one request first, not a herd', () => {
    const balancer = create(peakEwma, new TestTools());
    const newcomer = candidate(1);
    balancer.update([candidate(0, 1, 3), newcomer]);
    balancer.observe?.(0, millis(20));
    expect(balancer.pick(0)).toBe(1);
    newcomer.inFlight++;
    expect(balancer.pick(0)).toBe(0);
  });

  test('one that is away for a moment finds its average again', () => {
    const balancer = create(peakEwma, new TestTools());
    balancer.update([candidate(0), candidate(1)]);
    balancer.observe?.(0, millis(500));
    balancer.observe?.(1, millis(10));
    balancer.update([candidate(1)]);
    balancer.update([candidate(0), candidate(1)]);
    for (let at = 0; at < 20; at++) expect(balancer.pick(0)).toBe(1);
  });
});

test('random picks in proportion to any weights, and a part of them', () => {
  const balancer = create(random, new TestTools(5));
  const candidates = candidatesOf([1, 10, 100]);
  balancer.update(candidates);
  const counts = countPicks(balancer, candidates, 111_000, () => 0);
  for (const [at, expected] of [1000, 10_000, 100_000].entries())
    expect(Math.abs(counts[at] - expected)).toBeLessThan(5 * Math.sqrt(expected));
});
