// The better of two: two different backends at random, then the one with fewer requests.
import { z } from 'zod';
import { compareLoad } from './another.ts';
import type { BalancerKind } from './contract.ts';
import { DrawnBalancer } from './drawn.ts';

type Options = Record<string, never>;

/** Nearly as even as comparing all backends, at the cost of comparing two; and several gateways that see the same loads do
 * not all choose the same backend. */
export const p2c = {
  type: 'p2c',
  summary:
    'Of two backends, chosen at random in proportion to the weights, the one that has fewer requests for its weight.',
  spread: 'weight',
  options: z.strictObject({}),
  create: (_options, tools) => new PowerOfTwoChoices(tools),
} as const satisfies BalancerKind<Options>;

class PowerOfTwoChoices extends DrawnBalancer {
  override pick(): number {
    const { candidates, choice, tools } = this;
    if (candidates.length === 1) return 0;
    const one = choice.choose(tools.random());
    const two = choice.chooseOther(one, tools.random());
    // A tie goes to the first, which was chosen in exact proportion to the weights: so an idle pool follows them exactly.
    return compareLoad(candidates[two], candidates[one]) < 0 ? two : one;
  }
}
