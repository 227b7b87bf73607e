// Always the first eligible backend, in the order of the configuration.
import { z } from 'zod';
import { nextUntried } from './another.ts';
import type { Balancer, BalancerKind, Candidate } from './contract.ts';

type Options = Record<string, never>;

/** Primary and standby: a backend gets requests only while none before it is eligible. */
export const first = {
  type: 'first',
  summary: 'The first eligible backend in the order of the configuration; the others stand by. Weights do not count.',
  spread: 'order',
  options: z.strictObject({}),
  create: () => new First(),
} as const satisfies BalancerKind<Options>;

class First implements Balancer {
  readonly keySource = null;
  private candidates: readonly Candidate[] = [];

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates;
  }

  pick(): number {
    return 0;
  }

  peek(): number {
    return 0;
  }

  pickOther(_keyHash: number, tried: readonly Candidate[]): number {
    return nextUntried(this.candidates, tried, 0);
  }
}
