// The cells of all backends, and who has which slot.
import { Cells, type Slot, slotOf, standingFields, trafficFields } from './cells.ts';

// So many backends need no growth at all; beyond, each growth doubles, so that ten thousand tenants cause a dozen.
const FIRST_SLOTS = 64;

/** Hands out slots. Who gives one back has made sure that nobody counts there any more. */
export class BackendCells {
  readonly standing = new Cells(standingFields);
  readonly traffic = new Cells(trafficFields);
  private readonly free: Slot[] = [];
  private used = 0;

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
