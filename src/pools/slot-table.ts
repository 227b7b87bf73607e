// Finds the backend of a slot: the owner of standing knows slots only.
import type { Slot } from '../core/cells.ts';
import type { Failure } from '../core/failure.ts';
import type { StandingEvents } from '../standing/contract.ts';
import type { Backend } from './backend.ts';

/** Tells the backends of this process what the owner of standing says of their slots. */
export class SlotTable implements StandingEvents {
  private readonly backends: (Backend | undefined)[] = [];

  enter(backend: Backend): void {
    this.backends[backend.slot] = backend;
  }

  /** The backend has finished all that it had begun; its slot may be another backend's from here on. */
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
