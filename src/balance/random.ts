// At random, in proportion to the weights.
import { z } from 'zod';
import type { BalancerKind } from './contract.ts';
import { DrawnBalancer } from './drawn.ts';

type Options = Record<string, never>;

/** At random; needs no memory of earlier picks. */
export const random = {
  type: 'random',
  summary: 'At random, in proportion to the weights.',
  spread: 'weight',
  options: z.strictObject({}),
  create: (_options, tools) => new Random(tools),
} as const satisfies BalancerKind<Options>;

class Random extends DrawnBalancer {
  override pick(): number {
    return this.choice.choose(this.tools.random());
  }
}
