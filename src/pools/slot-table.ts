// Which backend has which slot, for what the owner of standing tells of slots.
import type { Slot } from '../core/cells.ts';
import type { Failure } from '../core/failure.ts';
import type { StandingEvents } from '../standing/contract.ts';
import type { Backend } from './backend.ts';

/** Hands on to the backends of this process what is told of their slots. */
export class SlotTable implements StandingEvents {
  private readonly backends: (Backend | undefined)[] = [];

  enter(backend: Backend): void {
    this.backends[backend.slot] = backend;
  }

  /** It has finished all that it had begun, and its slot is another's. */
  leave(backend: Backend): void {
    if (this.backends[backend.slot] === backend) this.backends[backend.slot] = undefined;
  }

  changed(slot: Slot): void {
    this.backends[slot]?.owner.standingChanged();
  }

  doubted(slot: Slot): void {
    this.backends[slot]?.transport.doubt();
  }

  cut(slot: Slot, why: Failure): void {
    this.backends[slot]?.transport.cut(why);
  }
}
