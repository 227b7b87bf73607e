// The cells of all backends. Each backend has a slot: the number of its record in them.
import { Cells, type Slot, slotOf, standingFields, trafficFields } from './cells.ts';

// The first 64 backends need no growth. Beyond, each growth doubles the slots: ten thousand tenants cause about ten.
const FIRST_SLOTS = 64;

/** Hands out slots. Before a slot is given back, its last request must be over: it would count for the slot's next backend. */
export class BackendCells {
  readonly standing = new Cells(standingFields);
  readonly traffic = new Cells(trafficFields);
  private readonly free: Slot[] = [];
  private used = 0;

  /** How many slots are taken. */
  get inUse(): number {
    return this.used - this.free.length;
  }

  /** A slot whose words are all 0. */
  take(): Slot {
    const slot = this.free.pop() ?? slotOf(this.used++);
    if (slot >= this.standing.slots) {
      const slots = Math.max(FIRST_SLOTS, 2 * this.standing.slots);
      this.standing.grow(slots);
      this.traffic.grow(slots);
    }
    return slot;
  }

  give(slot: Slot): void {
    this.standing.clear(slot);
    this.traffic.clear(slot);
    this.free.push(slot);
  }
}
