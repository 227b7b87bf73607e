// The backend with the fewest requests for its weight.
import { z } from 'zod';
import { compareLoad, leastLoadedUntried } from './another.ts';
import type { Balancer, BalancerKind, BalancerTools, Candidate } from './contract.ts';

type Options = Record<string, never>;

/** For requests of very different cost: a busy backend gets no more. */
export const leastRequests = {
  type: 'least_requests',
  summary:
    'The backend that has the fewest requests for its weight; among equals in turn, in proportion to the weights.',
  spread: 'weight',
  options: z.strictObject({}),
  create: (_options, tools) => new LeastRequests(tools),
} as const satisfies BalancerKind<Options>;

class LeastRequests implements Balancer {
  readonly keySource = null;
  private candidates: readonly Candidate[] = [];
  private isEven = true;
  /** With equal weights: whose turn it is when loads are equal. */
  private position = 0;
  /** With different weights: what each candidate is owed, in units of weight, when loads are equal. */
  private credits = new Float64Array(0);
  /** Nobody has had a turn yet. */
  private isNew = true;

  constructor(private readonly tools: BalancerTools) {}

  update(candidates: readonly Candidate[]): void {
    const before = this.candidates;
    const owed = new Map<number, number>();
    for (let at = 0; at < before.length; at++) owed.set(before[at].id, this.credits[at]);
    const ids = candidates.map((candidate) => candidate.id);
    let waiting = -1;
    for (let step = 0; step < before.length && waiting < 0; step++) {
      waiting = ids.indexOf(before[(this.position + step) % before.length].id);
    }
    this.candidates = candidates;
    this.isEven = candidates.every((candidate) => candidate.weight === candidates[0].weight);
    // Each process begins with another turn, as in RoundRobin.
    this.position = this.isNew && candidates.length > 0 ? this.tools.offset % candidates.length : Math.max(0, waiting);
    this.credits = Float64Array.from(candidates, (candidate) => (this.isNew ? 0 : (owed.get(candidate.id) ?? 0)));
    if (this.isNew && !this.isEven) for (let turn = 0; turn < this.tools.offset; turn++) this.weightedPick();
  }

  pick(): number {
    this.isNew = false;
    return this.isEven ? this.evenPick() : this.weightedPick();
  }

  peek(): number {
    return this.isEven ? this.evenChoice() : this.weightedChoice();
  }

  pickOther(_keyHash: number, tried: readonly Candidate[]): number {
    return leastLoadedUntried(this.candidates, tried, this.tools.random);
  }

  private evenPick(): number {
    const best = this.evenChoice();
    this.position = best + 1 === this.candidates.length ? 0 : best + 1;
    return best;
  }

  // Stops at the first idle candidate, since none can have fewer requests: in a pool that is not busy, after one or two.
  private evenChoice(): number {
    const { candidates } = this;
    let best = this.position;
    for (let step = 0, at = best; step < candidates.length && candidates[best].inFlight > 0; step++) {
      if (candidates[at].inFlight < candidates[best].inFlight) best = at;
      at = at + 1 === candidates.length ? 0 : at + 1;
    }
    return best;
  }

  private weightedPick(): number {
    const { candidates } = this;
    let least = 0;
    let ties = 1;
    for (let at = 1; at < candidates.length; at++) {
      const order = compareLoad(candidates[at], candidates[least]);
      if (order < 0) least = at;
      if (order <= 0) ties = order < 0 ? 1 : ties + 1;
    }
    return ties === 1 ? least : this.turn(least);
  }

  // Takes smooth turns (see RoundRobin) among the candidates whose load equals the least; a busier one earns no credit now.
  private turn(least: number): number {
    const { candidates, credits } = this;
    let best = least;
    let total = 0;
    for (let at = least; at < candidates.length; at++) {
      if (compareLoad(candidates[at], candidates[least]) !== 0) continue;
      const { weight } = candidates[at];
      total += weight;
      credits[at] += weight;
      if (credits[at] > credits[best]) best = at;
    }
    credits[best] -= total;
    return best;
  }

  private weightedChoice(): number {
    const { candidates, credits } = this;
    let best = 0;
    for (let at = 1; at < candidates.length; at++) {
      const order = compareLoad(candidates[at], candidates[best]);
      const isOwedMore = credits[at] + candidates[at].weight > credits[best] + candidates[best].weight;
      if (order < 0 || (order === 0 && isOwedMore)) best = at;
    }
    return best;
  }
}
