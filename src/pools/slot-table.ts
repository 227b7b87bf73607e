// Finds the backend of a slot: the owner of standing knows slots only.
import type { Slot } from '../core/cells.ts';
import type { Failure } from '../core/failure.ts';
import type { StandingEvents } from '../standing/contract.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Backend } from './backend.ts';
import type { BackendOwner } from './backend-owner.ts';

const NONE: readonly Backend[] = [];

/** Tells the backends of this process what the owner of standing says of their slots. */
export class SlotTable implements StandingEvents {
  private readonly backends: (Backend | undefined)[] = [];
  private readonly departing = new Set<Backend>();

  enter(backend: Backend): void {
    this.backends[backend.slot] = backend;
  }

  /** The backend that has this slot, with another plan, in that pool; null: nobody has it in this process. It may have
   * left that pool, or an earlier one of its tenant, and have requests still: then it comes back. */
  keep(slot: Slot, plan: BackendPlan, owner: BackendOwner<Backend>): Backend | null {
    const backend = this.backends[slot];
    if (backend === undefined) return null;
    backend.reconfigure(plan);
    if (this.departing.delete(backend)) backend.comeBack(owner);
    return backend;
  }

  /** All backends, also those that only have requests still. */
  get all(): readonly Backend[] {
    return this.backends.filter((backend) => backend !== undefined);
  }

  /** Backends that no pool has any more, and that have requests still. */
  get leaving(): readonly Backend[] {
    return [...this.departing];
  }

  /** The backends of that name at the addresses that it had before, as long as they have requests. */
  earlierOf({ options, slot }: Backend): readonly Backend[] {
    if (this.departing.size === 0) return NONE;
    const { tenant, name } = options;
    return this.leaving.filter(
      (other) => other.slot !== slot && other.options.name === name && other.options.tenant === tenant,
    );
  }

  /** The pool has the backend no more. */
  dismiss(backend: Backend): void {
    if (backend.ownInFlight === 0) this.leave(backend);
    else this.departing.add(backend);
  }

  /** The last request of all processes has left a backend; for a process that serves none itself. */
  emptied(slot: Slot): void {
    const backend = this.backends[slot];
    if (backend !== undefined && this.departing.has(backend)) this.leave(backend);
  }

  /** This process, which has only known its backends so far, serves requests from here on. */
  servesNow(): void {
    for (const backend of this.all) if (!backend.hasLeft) backend.owner.servesNow(backend);
  }

  /** Another process has freed a place that requests of this one wait for. */
  woken(slot: Slot): void {
    const backend = this.backends[slot];
    if (backend !== undefined && !backend.hasLeft) backend.owner.woken(backend);
  }

  /** The backend has finished all that it had begun; its slot may be another backend's from here on. */
  leave(backend: Backend): void {
    this.departing.delete(backend);
    if (this.backends[backend.slot] === backend) this.backends[backend.slot] = undefined;
  }

  // The pool enters it when it has made it.
  entered(): void {}

  changed(slot: Slot): void {
    this.backends[slot]?.owner.standingChanged();
  }

  doubted(slot: Slot): void {
    this.backends[slot]?.usedTransport?.doubt();
  }

  cut(slot: Slot, why: Failure): void {
    this.backends[slot]?.usedTransport?.cut(why);
  }
}
