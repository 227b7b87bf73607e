// What a policy is made with in a test.
import { err } from '../../../src/core/result.ts';
import type { PolicyTools } from '../../../src/policies/contract.ts';
import { privateWords } from '../../../src/runtime/policy-words.ts';
import { VirtualClock } from '../virtual-clock.ts';

const WORDS = 1024;

export type TestTools = PolicyTools & { readonly clock: VirtualClock; readonly reported: string[] };

/** Tools on a clock that the test moves. */
export function policyTools(tenant = 'main', words = WORDS): TestTools {
  const clock = new VirtualClock();
  const reported: string[] = [];
  return {
    tenant,
    clock,
    reported,
    words: privateWords(words),
    now: clock.now,
    wallTime: clock.wall,
    random: () => 0.5,
    after: clock.after,
    ask: () => Promise.resolve(err('there is no network')),
    report: ({ message }) => void reported.push(message),
    common: {
      value: null,
      isOurs: true,
      publish: () => undefined,
      subscribe: () => undefined,
      want: () => undefined,
      wanted: () => undefined,
    },
  };
}
