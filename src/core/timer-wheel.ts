// Deadlines without timer objects: a deadline is a number on its owner, and postponing it costs one store.
import type { Millis } from './units.ts';

const SLOTS = 512;

/** Something with a deadline. Owners extend it. */
export abstract class Timed {
  /** In ticks; 0: none. */
  deadline = 0;
  slot = -1;
  nextTimed: Timed | null = null;
  previousTimed: Timed | null = null;
  /** Called once when the deadline has passed; never before it. */
  abstract expired(): void;
}

/** Coarse timer wheel (Varghese and Lauck 1987). `now` counts the ticks, so that the hot path never reads the clock. */
export class TimerWheel {
  now = 1;
  private readonly slots: (Timed | null)[] = new Array<Timed | null>(SLOTS).fill(null);

  /** `tick`: the resolution, in milliseconds. */
  constructor(readonly tick: Millis) {}

  /** Sets the deadline `delay` milliseconds from now, rounded up to ticks. */
  set(timed: Timed, delay: Millis): void {
    timed.deadline = this.now + Math.ceil(delay / this.tick) + 1;
    if (timed.slot === -1) this.insert(timed);
    else if (this.distance(timed.slot) > timed.deadline - this.now) {
      this.unlink(timed);
      this.insert(timed);
    }
  }

  /** Takes the deadline away. The owner stays in its slot, and costs nothing until the wheel comes to that slot. */
  clear(timed: Timed): void {
    timed.deadline = 0;
  }

  /** Takes the owner out of the wheel, so that it can be garbage collected. */
  remove(timed: Timed): void {
    timed.deadline = 0;
    if (timed.slot !== -1) this.unlink(timed);
  }

  /** Moves on by one tick. False: more owners have expired; the caller goes on with `carryOn`. */
  advance(): boolean {
    while (!this.carryOn()); // owners that are left from the tick before
    this.now++;
    const slot = this.now % SLOTS;
    // Expiring one owner may remove others from this list, so `carryOn` takes them from the front one by one.
    const pending = this.slots[slot];
    this.slots[slot] = null;
    for (let timed = pending; timed !== null; timed = timed.nextTimed) timed.slot = SLOTS;
    this.expiring = pending;
    return this.carryOn();
  }

  /** Expires the next owner that is due; true when none is left. One at a time: hundreds of connections that began together
   * expire together, some 0.2 ms of work each, and the event loop serves requests in between. */
  carryOn(): boolean {
    while (this.expiring !== null) {
      const timed: Timed = this.expiring;
      this.expiring = timed.nextTimed;
      if (this.expiring !== null) this.expiring.previousTimed = null;
      timed.slot = -1;
      timed.nextTimed = null;
      timed.previousTimed = null;
      if (timed.deadline === 0) continue;
      if (timed.deadline > this.now) {
        this.insert(timed);
        continue;
      }
      timed.deadline = 0;
      timed.expired();
      break;
    }
    return this.expiring === null;
  }

  // Owners whose slot has come. Their `slot` is SLOTS, which is no place on the wheel.
  private expiring: Timed | null = null;

  private unlink(timed: Timed): void {
    if (timed.previousTimed !== null) timed.previousTimed.nextTimed = timed.nextTimed;
    else if (timed.slot === SLOTS) this.expiring = timed.nextTimed;
    else this.slots[timed.slot] = timed.nextTimed;
    if (timed.nextTimed !== null) timed.nextTimed.previousTimed = timed.previousTimed;
    timed.slot = -1;
    timed.nextTimed = null;
    timed.previousTimed = null;
  }

  private distance(slot: number): number {
    return slot === SLOTS ? 0 : (slot - (this.now % SLOTS) + SLOTS) % SLOTS;
  }

  private insert(timed: Timed): void {
    const slot = (this.now + Math.min(SLOTS - 1, Math.max(1, timed.deadline - this.now))) % SLOTS;
    const first = this.slots[slot];
    timed.slot = slot;
    timed.previousTimed = null;
    timed.nextTimed = first;
    if (first !== null) first.previousTimed = timed;
    this.slots[slot] = timed;
  }
}
