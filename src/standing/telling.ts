// Tells what becomes of a backend: pools learn it from the cells, people from its timeline, the log and the events.
import type { BackendCells } from '../core/backend-cells.ts';
import { standingFields } from '../core/cells.ts';
import type { Clock } from '../core/clock.ts';
import type { BackendChangeKind, BackendObserver, Operator } from '../core/observer.ts';
import type { PoolName } from '../core/pool-name.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { StandingEvents } from './contract.ts';
import { describeIneligibility, ineligibility } from './eligibility.ts';
import type { Group, GroupPresence, Member } from './member.ts';
import { type SlowStartSettings, rampedWeight } from './slow-start.ts';
import { timeToCell, weightToCell } from './word.ts';

export type TellingTools = {
  readonly cells: BackendCells;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly observer: BackendObserver;
  readonly events: StandingEvents;
};

/** Tells what has become of backends. */
export class Telling {
  constructor(private readonly tools: TellingTools) {}

  // The wheel's time is exact enough here, and costs no system call.
  get now(): Millis {
    const { wheel } = this.tools;
    return millis(wheel.time * wheel.tick);
  }

  /** The weight that balancers are to see. */
  weightOf({ fullWeight, returnedAt, group }: Member): number {
    return rampedWeight(fullWeight, returnedAt, this.now, group.slowStart);
  }

  /** The one reason why a backend gets no requests, in one line; null: its standing does not keep requests away. */
  reason(member: Member): string | null {
    const why = ineligibility(member);
    return why === null ? null : describeIneligibility(why, { now: this.now, wall: this.tools.clock.wall() });
  }

  /** Writes into the cells how a backend stands, and tells those who serve requests if that has changed. */
  publish(member: Member): void {
    const { cells, events } = this.tools;
    const { slot, word, downSince } = member;
    const weight = weightToCell(this.weightOf(member));
    const { standing } = cells;
    if (standing.get(slot, standingFields.word) === word && standing.get(slot, standingFields.weight) === weight)
      return;
    // Before the word: a reader that finds it lost in the word reads this time next.
    if (downSince !== null) standing.set(slot, standingFields.lostAt, timeToCell(downSince));
    standing.set(slot, standingFields.weight, weight);
    standing.set(slot, standingFields.word, word);
    events.changed(slot);
    const { group, plan } = member;
    if (group.presence.state !== 'up' && member.isServing) this.tellOfPool(group, plan.name);
  }

  /** `by`: who has ordered it. */
  announce({ ownTimeline, plan, group }: Member, kind: BackendChangeKind, detail: string, by?: Operator): void {
    const { clock, observer } = this.tools;
    const change = { kind, detail, ...(by === undefined ? {} : { by }) };
    ownTimeline.changed({ at: clock.wall(), ...change });
    observer.backendChanged({ tenant: group.tenant, backend: plan.name, ...change });
    this.tellOfPool(group, `${plan.name} ${kind}: ${detail}`);
  }

  /** Tells that a pool has lost its last backend, or has one again. `cause`: what has made the difference. */
  tellOfPool(group: Group, cause: string): void {
    const { observer, clock } = this.tools;
    const { tenant, pool, presence } = group;
    const where = pool === null ? '' : ` of the pool ${pool}`;
    const next = presenceOf(group, clock.wall());
    if (next.state === presence.state) return;
    group.presence = next;
    if (next.state === 'down')
      observer.tenantChanged({ tenant, kind: 'tenant_down', detail: `no backend${where} serves: ${cause}` });
    else if (presence.state === 'down' && next.state === 'up') {
      const away = Math.round((clock.wall() - presence.since) / 100) / 10;
      observer.tenantChanged({ tenant, kind: 'tenant_up', detail: `${cause} serves again, after ${away}s` });
    }
  }
}

const NEW: GroupPresence = { state: 'new' };
const UP: GroupPresence = { state: 'up' };

/** A pool without backends. */
export function newGroup({ tenant, pool }: PoolName, slowStart: SlowStartSettings): Group {
  return { tenant, pool, slowStart, members: [], leaving: [], presence: NEW };
}

// A pool that is new is down only when all of its backends have been found to be out. One without backends is nothing.
function presenceOf({ members, presence }: Group, wall: number): GroupPresence {
  if (members.length === 0) return NEW;
  for (const { isServing } of members) if (isServing) return UP;
  const isOpen = members.some(({ health }) => health?.health === 'unknown');
  if (presence.state === 'new' && isOpen) return presence;
  return presence.state === 'down' ? presence : { state: 'down', since: wall };
}
