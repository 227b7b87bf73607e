// What policies are made with.
import { err } from '../core/result.ts';
import type { GatewayCells } from '../core/gateway-cells.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import type { CommonValue, PolicyTools } from '../policies/contract.ts';
import type { OwnPolicy } from '../policies/lists.ts';
import type { Log } from '../observe/log.ts';
import type { World } from '../world.ts';
import { privateWords } from './policy-words.ts';

export type PolicyGround = {
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly cells: GatewayCells;
  readonly log: Log;
};

/** Makes the tools of one policy of a tenant. */
export function policyTools({ world, cells, log }: PolicyGround) {
  const { clock, random } = world;
  return (tenant: string, count: number, { countsBy, before }: OwnPolicy): PolicyTools => ({
    tenant,
    words: cells.policies.of(fingerprintOf([tenant, countsBy, before]), count) ?? privateWords(count),
    now: clock.now,
    wallTime: clock.wall,
    random,
    after: clock.after,
    ask: () => Promise.resolve(err('no other server can be asked')),
    report: ({ level, message, fields }) => log(level, message, { tenant, ...fields }),
    common: ownValue(),
  });
}

/** A value of this process alone. */
function ownValue(): CommonValue {
  let value: string | null = null;
  const subscribers: ((value: string) => void)[] = [];
  const finders: ((reason: string) => void)[] = [];
  return {
    get value() {
      return value;
    },
    isOurs: true,
    publish(next) {
      value = next;
      for (const call of subscribers) call(next);
    },
    subscribe: (call) => void subscribers.push(call),
    want: (reason) => {
      for (const call of finders) call(reason);
    },
    wanted: (call) => void finders.push(call),
  };
}
