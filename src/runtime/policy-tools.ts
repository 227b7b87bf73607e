// What policies are made with.
import type { GatewayCells } from '../core/gateway-cells.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import type { Ask } from '../policies/contract.ts';
import type { MadeTools, OwnPolicy } from '../policies/lists.ts';
import type { Log } from '../observe/log.ts';
import type { World } from '../world.ts';
import type { CommonValues, OwnCommon } from './common-values.ts';
import { privateWords } from './policy-words.ts';

export type PolicyGround = {
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly cells: GatewayCells;
  readonly commons: CommonValues;
  readonly ask: Ask;
  readonly log: Log;
};

/** Makes the tools of one policy of a tenant. */
export function policyTools({ world, cells, commons, ask, log }: PolicyGround) {
  const { clock, random } = world;
  return (tenant: string, count: number, { countsBy, before }: OwnPolicy): MadeTools => {
    const key = fingerprintOf([tenant, countsBy, before]);
    let common: OwnCommon | null = null;
    return {
      tenant,
      words: cells.policies.of(key, count) ?? privateWords(count),
      now: clock.now,
      wallTime: clock.wall,
      random,
      after: clock.after,
      ask,
      report: ({ level, message, fields }) => log(level, message, { tenant, ...fields }),
      // Few policies have one, and each is told to the other processes.
      get common() {
        return (common ??= commons.of(key));
      },
      release: () => common?.release(),
    };
  };
}
