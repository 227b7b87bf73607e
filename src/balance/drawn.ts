// The common part of balancers that draw at random.
import { leastLoadedUntried } from './another.ts';
import type { Balancer, BalancerTools, Candidate } from './contract.ts';
import { WeightedChoice } from './weighted-choice.ts';

/** Draws in proportion to the weights; a retry goes to the least loaded backend that was not tried. */
export abstract class DrawnBalancer implements Balancer {
  readonly keySource = null;
  protected candidates: readonly Candidate[] = [];
  protected readonly choice = new WeightedChoice();

  constructor(protected readonly tools: BalancerTools) {}

  abstract pick(): number;

  peek(): number {
    return this.pick(); // a pick changes nothing here
  }

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates;
    this.choice.update(candidates);
  }

  pickOther(_keyHash: number, tried: readonly Candidate[]): number {
    return leastLoadedUntried(this.candidates, tried, this.tools.random);
  }
}
