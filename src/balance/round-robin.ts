// Smooth weighted round robin: in every cycle each candidate is picked exactly `weight` times, never in a burst.
import { z } from 'zod';
import { isTried } from './another.ts';
import type { Balancer, BalancerKind, BalancerTools, Candidate } from './contract.ts';

type Options = Record<string, never>;

/** Each backend in turn, in proportion to its weight. */
export const roundRobin = {
  type: 'round_robin',
  summary: 'Each backend in turn, in proportion to its weight, spread evenly over the cycle.',
  spread: 'weight',
  options: z.strictObject({}),
  create: (_options, tools) => new RoundRobin(tools),
} as const satisfies BalancerKind<Options>;

const NOTHING: ReadonlyMap<number, number> = new Map();
const NO_CREDITS = new Float64Array(0);
const NO_ORDER = new Uint32Array(0);

class RoundRobin implements Balancer {
  readonly keySource = null;
  private candidates: readonly Candidate[] = [];
  /** What each candidate is owed, in units of weight; the sum is 0. With equal weights: as of the beginning of the cycle. */
  private credits = NO_CREDITS;
  /** The same for retries, which have turns of their own. */
  private retryCredits = NO_CREDITS;
  private weights = NO_CREDITS;
  private total = 0;
  /** All weights are equal: every cycle picks the candidates in `order`, and `position` of them have had this one. */
  private isEven = true;
  private order = NO_ORDER;
  private position = 0;
  /** Nobody has had a turn yet, so that nothing is kept for the candidates: of ten thousand pools most are asleep. */
  private isNew = true;
  private isReady = false;

  constructor(private readonly tools: BalancerTools) {}

  // A change of weights or candidates must not begin a new cycle: a pool that changes often (slow start, flapping) would
  // send everything to the first of its list. So each candidate keeps what it is owed, as a part of a cycle.
  update(candidates: readonly Candidate[]): void {
    if (!this.isNew) return this.begin(candidates, this.owed());
    this.candidates = candidates;
    this.isReady = false;
  }

  private beReady(): void {
    this.begin(this.candidates, NOTHING);
    this.isReady = true;
    if (this.candidates.length > 0) this.skip();
  }

  private begin(candidates: readonly Candidate[], owed: ReadonlyMap<number, number>): void {
    const total = candidates.reduce((sum, candidate) => sum + candidate.weight, 0);
    const credits = Float64Array.from(candidates, (candidate) => (owed.get(candidate.id) ?? 0) * total);
    this.candidates = candidates;
    this.total = total;
    this.credits = credits;
    this.retryCredits = new Float64Array(candidates.length);
    this.weights = Float64Array.from(candidates, (candidate) => candidate.weight);
    // With equal weights, smooth turns pick each candidate once in a cycle, in the order of the credits, unless two credits
    // are more than a cycle apart.
    this.order = Uint32Array.from(candidates.keys()).toSorted(
      (left, right) => credits[right] - credits[left] || left - right,
    );
    this.position = 0;
    const spread = credits[this.order[0]] - credits[this.order[candidates.length - 1]];
    this.isEven = this.weights.every((weight) => weight === this.weights[0]) && !(spread > total);
  }

  // Each process begins with another turn. If all of them began with the first, few requests over many processes would all
  // go to the first backends.
  private skip(): void {
    if (this.isEven) this.position = this.tools.offset % this.order.length;
    else for (let turn = 0; turn < this.tools.offset; turn++) this.smooth();
  }

  pick(): number {
    if (!this.isReady) this.beReady();
    this.isNew = false;
    return this.isEven ? this.next() : this.smooth();
  }

  peek(): number {
    if (!this.isReady) this.beReady();
    return this.isEven ? this.order[this.position] : this.mostOwed();
  }

  // Retries have turns of their own, in proportion to the weights of the candidates that are left. Otherwise the backend
  // that follows a failing one in the rotation would serve that one's turns besides its own.
  pickOther(_keyHash: number, tried: readonly Candidate[]): number {
    if (!this.isReady) this.beReady();
    const { candidates, weights, retryCredits } = this;
    let best = -1;
    let total = 0;
    for (let at = 0; at < weights.length; at++) {
      if (isTried(candidates[at], tried)) continue;
      total += weights[at];
      retryCredits[at] += weights[at];
      if (best < 0 || retryCredits[at] > retryCredits[best]) best = at;
    }
    if (best >= 0) retryCredits[best] -= total;
    return best;
  }

  private next(): number {
    const at = this.order[this.position];
    this.position = this.position + 1 === this.order.length ? 0 : this.position + 1;
    return at;
  }

  // Gives each candidate its weight as credit, picks the one with the most, and takes the sum of all weights from it:
  // nginx's smooth variant, whose sequence for weights 5, 1, 1 is a a b a c a a.
  private smooth(): number {
    const { weights, credits } = this;
    let best = 0;
    for (let at = 0; at < weights.length; at++) {
      credits[at] += weights[at];
      if (credits[at] > credits[best]) best = at;
    }
    credits[best] -= this.total;
    return best;
  }

  private mostOwed(): number {
    const { weights, credits } = this;
    let best = 0;
    for (let at = 1; at < weights.length; at++) {
      if (credits[at] + weights[at] > credits[best] + weights[best]) best = at;
    }
    return best;
  }

  /** What each candidate is owed now, as a part of a cycle. */
  private owed(): Map<number, number> {
    const { candidates, order, position, credits, total } = this;
    const owed = new Map<number, number>();
    for (let rank = 0; rank < order.length; rank++) {
      const at = order[rank];
      const turns = this.isEven ? position / order.length - (rank < position ? 1 : 0) : 0;
      owed.set(candidates[at].id, credits[at] / total + turns);
    }
    return owed;
  }
}
