// Smooth weighted round robin: in every cycle each candidate is picked exactly `weight` times, never in a burst.
import { z } from 'zod';
import type { Balancer, BalancerKind, Candidate } from './contract.ts';

type Options = Record<string, never>;

/** Each backend in turn, in proportion to its weight. */
export const roundRobin = {
  type: 'round_robin',
  summary: 'Each backend in turn, in proportion to its weight, spread evenly over the cycle.',
  options: z.strictObject({}),
  create: () => new RoundRobin(),
} as const satisfies BalancerKind<Options>;

class RoundRobin implements Balancer {
  private candidates: readonly Candidate[] = [];
  private position = 0;
  private current = new Float64Array(0);
  private total = 0;
  private isEven = true;

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates;
    this.total = 0;
    for (const candidate of candidates) this.total += candidate.weight;
    this.isEven = candidates.every((candidate) => candidate.weight === candidates[0]?.weight);
    this.current = new Float64Array(candidates.length);
    if (this.position >= candidates.length) this.position = 0;
  }

  pick(): number {
    return this.isEven ? this.next() : this.smooth();
  }

  private next(): number {
    const at = this.position;
    this.position = at + 1 === this.candidates.length ? 0 : at + 1;
    return at;
  }

  // The candidate that is owed most goes first and then owes the whole: Nginx's smooth variant, whose sequence for
  // weights 5, 1, 1 is a a b a c a a.
  private smooth(): number {
    const { candidates, current } = this;
    let best = 0;
    for (let at = 0; at < candidates.length; at++) {
      current[at] += candidates[at].weight;
      if (current[at] > current[best]) best = at;
    }
    current[best] -= this.total;
    return best;
  }
}
