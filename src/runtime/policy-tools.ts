// What policies are made with.
import type { GatewayCells } from '../core/gateway-cells.ts';
import { PlaceLines } from '../core/place-lines.ts';
import type { MemoryBudget } from '../core/memory-budget.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import type { Ask, HostLookup, PolicyWords } from '../policies/tools.ts';
import type { MadeTools, OwnPolicy } from '../policies/lists.ts';
import type { Log } from '../observe/log.ts';
import type { WorkTurns } from '../core/work-turns.ts';
import type { World } from '../world.ts';
import type { CommonValues, OwnCommon } from './common-values.ts';
import { privateWords } from './policy-words.ts';

export type PolicyGround = {
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly cells: GatewayCells;
  readonly commons: CommonValues;
  readonly ask: Ask;
  readonly hosts: HostLookup;
  readonly turns: WorkTurns;
  readonly log: Log;
  readonly secrets: { readonly affinity: string };
  readonly memory: MemoryBudget;
};

// Said once: what follows is the same for all tenants that come later.
const NO_ROOM =
  'no room is left for what policies count: this one counts in each process for itself, until the gateway is upgraded or restarted';

/** Makes the tools of one policy of a tenant. */
export function policyTools({ world, cells, commons, ask, hosts, turns, log, secrets, memory }: PolicyGround) {
  const { clock, random } = world;
  const own = new OwnWords();
  let isLackTold = !cells.policies.isShared;
  const lack = (tenant: string) => {
    if (!isLackTold) log('warn', NO_ROOM, { tenant });
    isLackTold = true;
  };
  const lines = new PlaceLines({ table: cells.held, now: clock.now, every: clock.every, random });
  return (tenant: string, count: number, { countsBy, before }: OwnPolicy): MadeTools => {
    const key = fingerprintOf([tenant, countsBy, before]);
    let common: OwnCommon | null = null;
    const shared = cells.policies.of(key, count);
    if (shared === null && count > 0) lack(tenant);
    return {
      tenant,
      words: shared ?? own.take(key, count),
      places: { enter: (by, bounds) => lines.enter(key, by, bounds) },
      now: clock.now,
      wallTime: clock.wall,
      random,
      secret: secrets.affinity,
      after: clock.after,
      ask,
      hosts,
      turns,
      memory,
      report: ({ level, message, fields }) => log(level, message, { tenant, ...fields }),
      // Few policies have one, and each is told to the other processes.
      get common() {
        return (common ??= commons.of(key));
      },
      release() {
        common?.release();
        if (shared === null) own.release(key);
      },
    };
  };
}

/** Words of this process alone, by what they count. A policy that takes the place of another one finds its counts. */
class OwnWords {
  private readonly kept = new Map<string, { readonly words: PolicyWords; users: number }>();

  take(key: string, count: number): PolicyWords {
    const known = this.kept.get(key);
    if (known !== undefined) {
      known.users++;
      return known.words;
    }
    const words = privateWords(count);
    if (count > 0) this.kept.set(key, { words, users: 1 });
    return words;
  }

  release(key: string): void {
    const known = this.kept.get(key);
    if (known !== undefined && --known.users === 0) this.kept.delete(key);
  }
}
