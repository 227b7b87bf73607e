// Candidates and random sources for the tests of balancers.
import type { Balancer, BalancerKind, BalancerTools, Candidate } from '../../src/balance/contract.ts';
import { mix32 } from '../../src/core/hash.ts';
import { type Millis, millis } from '../../src/core/units.ts';

/** A candidate whose load the test sets. */
export type TestCandidate = { id: number; identityHash: number; weight: number; inFlight: number };

export function candidate(id: number, weight = 1, inFlight = 0): TestCandidate {
  return { id, identityHash: mix32(id + 1), weight, inFlight };
}

export function candidatesOf(weights: readonly number[]): TestCandidate[] {
  return weights.map((weight, id) => candidate(id, weight));
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  const source = { state: seed >>> 0 };
  return () => nextRandom(source);
}

function nextRandom(source: { state: number }): number {
  const state = (source.state + 0x6d2b79f5) >>> 0;
  source.state = state;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
}

/** A clock, a load and a random source that the test owns. */
export class TestTools implements BalancerTools {
  time = 0;
  readonly load = { inFlight: 0 };
  /** The place of its process. */
  offset = 0;
  private readonly source: { state: number };

  constructor(seed = 1) {
    this.source = { state: seed >>> 0 };
  }

  readonly random = (): number => nextRandom(this.source);

  /** Runs `look`, and then takes the random source back to where it was: the next call draws the same numbers. */
  drawnAgain<T>(look: () => T): T {
    const { state } = this.source;
    const result = look();
    this.source.state = state;
    return result;
  }

  readonly now = (): Millis => millis(this.time);
}

/** A balancer with its default options, or those given, read as the configuration would be. */
export function create<Options>(kind: BalancerKind<Options>, tools: BalancerTools, options: object = {}): Balancer {
  return kind.create(kind.options.parse(options), tools);
}

/** How often each index was picked. */
export function countPicks(
  balancer: Balancer,
  candidates: readonly Candidate[],
  picks: number,
  keyOf: (at: number) => number,
): number[] {
  const counts = candidates.map(() => 0);
  for (let at = 0; at < picks; at++) counts[balancer.pick(keyOf(at))]++;
  return counts;
}
