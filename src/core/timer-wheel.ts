// Deadlines without timer objects: a deadline is a number on its owner, and moving it later costs one store.
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

/** Coarse timer wheel (Varghese and Lauck 1987). `now` is the tick count, so that the hot path never asks the clock. */
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

  /** No deadline; the owner stays in its slot and costs nothing until the slot comes round. */
  clear(timed: Timed): void {
    timed.deadline = 0;
  }

  /** Takes the owner out altogether: it may be collected. */
  remove(timed: Timed): void {
    timed.deadline = 0;
    if (timed.slot !== -1) this.unlink(timed);
  }

  /** One tick forward. False: more has expired than is dealt with at once, and `carryOn` does the rest. */
  advance(): boolean {
    while (!this.carryOn()); // what the last tick has left
    this.now++;
    const slot = this.now % SLOTS;
    // Expiring one owner may remove others, so the list is taken from the front one by one.
    const pending = this.slots[slot];
    this.slots[slot] = null;
    for (let timed = pending; timed !== null; timed = timed.nextTimed) timed.slot = SLOTS;
    this.expiring = pending;
    return this.carryOn();
  }

  /** Deals with the next that has expired; true when nothing is left. One at a time: hundreds of connections that began
   * together end together, some 0.2 ms of work each, and others have their turn in between. */
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

  // The slot number SLOTS stands for this list.
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
