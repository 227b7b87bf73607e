// What a policy is made with in a test.
import { GatewayCells } from '../../../src/core/gateway-cells.ts';
import { PlaceLines } from '../../../src/core/place-lines.ts';
import { ownBudget } from '../../../src/core/memory-budget.ts';
import { err } from '../../../src/core/result.ts';
import type { PolicyTools } from '../../../src/policies/tools.ts';
import { privateWords } from '../../../src/runtime/policy-words.ts';
import { workTurns } from '../compression.ts';
import { VirtualClock } from '../virtual-clock.ts';

const WORDS = 1024;

export type TestTools = PolicyTools & { readonly clock: VirtualClock; readonly reported: string[] };

/** Tools on a clock that the test moves. */
export function policyTools(tenant = 'main', words = WORDS): TestTools {
  const clock = new VirtualClock();
  const reported: string[] = [];
  const random = () => 0.5;
  const lines = new PlaceLines({ table: GatewayCells.alone().held, now: clock.now, every: clock.every, random });
  return {
    tenant,
    clock,
    reported,
    words: privateWords(words),
    places: { enter: (key, bounds) => lines.enter(tenant, key, bounds) },
    now: clock.now,
    wallTime: clock.wall,
    random,
    secret: 'a secret',
    after: clock.after,
    hosts: { namesOf: () => Promise.resolve(null), addressesOf: () => Promise.resolve(null) },
    turns: workTurns(),
    ask: () => Promise.resolve(err('there is no network')),
    memory: ownBudget(64 * 1024 * 1024),
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
