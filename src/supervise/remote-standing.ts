// How backends stand, in a worker: the words are in the shared memory, and what goes with them comes by messages. What
// requests show of backends goes to the owner in one message for each turn of the event loop.
import type { Slot } from '../core/cells.ts';
import type { Clock } from '../core/clock.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import { type PoolName, poolKey } from '../core/pool-name.ts';
import type { Plan } from '../plan/plan.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import { poolsOf } from '../plan/pools-of.ts';
import type { StandingOwner } from '../standing/contract.ts';
import { type Ineligibility, describeIneligibility } from '../standing/eligibility.ts';
import type { OutlierCause } from '../standing/outlier.ts';
import type { Witness } from '../standing/witness.ts';
import type { Evidence, SlotNews } from './messages.ts';
import { slotAt } from './what-stands.ts';

/** Of one turn. What people are only to be reminded of (`met`) is left out beyond this; evidence never is. */
const MOST_REMINDERS = 500;

export type RemoteStandingTools = {
  readonly clock: Clock;
  /** Runs a task at the end of the turn. */
  readonly atEnd: (task: () => void) => void;
  readonly send: (list: readonly Evidence[]) => void;
  /** Has the owner look at a backend that has answered. */
  readonly markHeard: (slot: Slot) => void;
  /** The slot of a backend that gets no requests, for one that has not been given a slot. */
  readonly nowhere: Slot;
};

/** The owner of standing, as a process sees it that is not the owner. */
export class RemoteStanding implements StandingOwner<BackendPlan> {
  /** By the keys of pools, and the identities of backends. */
  private readonly slots = new Map<string, Map<string, Slot>>();
  private readonly reasons = new Map<Slot, Ineligibility>();
  private unsent: Evidence[] = [];

  constructor(private readonly tools: RemoteStandingTools) {}

  /** Backends have these slots from here on. */
  assigned(news: readonly SlotNews[]): void {
    for (const { identity, slot, ...pool } of news) {
      this.slotsOf(poolKey(pool)).set(identity, slot);
      this.reasons.delete(slot);
    }
  }

  /** The backends of the first plan have these; see `seatsOf`. */
  seated({ tenants }: Plan, seats: Int32Array): void {
    let next = 0;
    for (const tenant of tenants)
      for (const { pool, services } of poolsOf(tenant)) {
        const own = this.slotsOf(poolKey(pool));
        for (const { backend } of services) seat(own, backend.identity, slotAt(seats, next++));
      }
  }

  private slotsOf(key: string): Map<string, Slot> {
    const own = this.slots.get(key) ?? new Map<string, Slot>();
    this.slots.set(key, own);
    return own;
  }

  /** Why a backend gets no requests; null: nothing keeps them away. */
  changed(slot: Slot, why: Ineligibility | null): void {
    if (why === null) this.reasons.delete(slot);
    else this.reasons.set(slot, why);
  }

  open(pool: PoolName, _: unknown, plans: readonly BackendPlan[]): readonly Slot[] {
    const key = poolKey(pool);
    const before = this.slots.get(key);
    // The owner may have heard already that a name leads elsewhere: it is about to say so.
    const slots = plans.map(({ identity }) => before?.get(identity) ?? this.tools.nowhere);
    // Those that have gone: should they come back, the owner says anew where.
    if (plans.length === 0) this.slots.delete(key);
    else if (before !== undefined && before.size > plans.length) this.forget(before, plans);
    return slots;
  }

  private forget(own: Map<string, Slot>, plans: readonly BackendPlan[]): void {
    const kept = new Set(plans.map(({ identity }) => identity));
    for (const identity of own.keys()) if (!kept.has(identity)) own.delete(identity);
  }

  reason(slot: Slot): string | null {
    const why = this.reasons.get(slot);
    const { clock } = this.tools;
    return why === undefined ? null : describeIneligibility(why, { now: clock.now(), wall: clock.wall() });
  }

  // The owner looks after addresses itself.
  moved(): void {}

  met(slot: Slot, { code, reason }: Pick<Failure, 'code' | 'reason'>): void {
    if (this.unsent.length < MOST_REMINDERS) this.tell({ kind: 'met', slot, why: { code, reason } });
  }

  failed(slot: Slot, code: FailureCode, witness: Witness): void {
    this.tell({ kind: 'failed', slot, code, witness });
  }

  answeredBadly(slot: Slot, cause: OutlierCause, witness: Witness): void {
    this.tell({ kind: 'answeredBadly', slot, cause, witness });
  }

  trialPassed(slot: Slot): void {
    this.tell({ kind: 'trialPassed', slot });
  }

  fellSilent(slot: Slot): void {
    this.tell({ kind: 'fellSilent', slot });
  }

  liftTrial(slot: Slot): void {
    this.tell({ kind: 'liftTrial', slot });
  }

  emptied(slot: Slot): void {
    this.tell({ kind: 'emptied', slot });
  }

  settle(slot: Slot): void {
    this.tools.markHeard(slot);
  }

  private tell(one: Evidence): void {
    if (this.unsent.length === 0) this.tools.atEnd(() => this.flush());
    this.unsent.push(one);
  }

  private flush(): void {
    const list = this.unsent;
    this.unsent = [];
    this.tools.send(list);
  }
}

// One without a seat is told of otherwise.
function seat(own: Map<string, Slot>, identity: string, slot: Slot | null): void {
  if (slot !== null) own.set(identity, slot);
}
