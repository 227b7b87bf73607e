// At random, in proportion to the weights.
import { z } from 'zod';
import { leastLoadedUntried } from './another.ts';
import type { Balancer, BalancerKind, BalancerTools, Candidate } from './contract.ts';
import { WeightedChoice } from './weighted-choice.ts';

type Options = Record<string, never>;

/** At random; needs no memory of earlier picks. */
export const random = {
  type: 'random',
  summary: 'At random, in proportion to the weights.',
  spread: 'weight',
  options: z.strictObject({}),
  create: (_options, tools) => new Random(tools),
} as const satisfies BalancerKind<Options>;

class Random implements Balancer {
  readonly keySource = null;
  private candidates: readonly Candidate[] = [];
  private readonly choice = new WeightedChoice();

  constructor(private readonly tools: BalancerTools) {}

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates;
    this.choice.update(candidates);
  }

  pick(): number {
    return this.choice.choose(this.tools.random());
  }

  pickOther(_keyHash: number, tried: readonly Candidate[]): number {
    return leastLoadedUntried(this.candidates, tried, this.tools.random);
  }
}
