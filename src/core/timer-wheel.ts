// Deadlines without timer objects: a deadline is a number on its owner, and postponing it costs one store.
import type { Millis } from './units.ts';

const BUCKETS = 512;

/** Something with a deadline. Owners extend it. */
export abstract class Timed {
  /** The tick at which it expires; 0: it has no deadline. */
  deadlineTick = 0;
  bucket = -1;
  nextTimed: Timed | null = null;
  previousTimed: Timed | null = null;
  /** Called once when the deadline has passed; never before it. */
  abstract expired(): void;
}

/** Coarse timer wheel (Varghese and Lauck 1987). `now` counts the ticks, so that the hot path never reads the clock. */
export class TimerWheel {
  now = 1;
  /** The same in all processes of a gateway, as far as `align` is called; it moves on with `now`. For times that others read. */
  time = 1;
  private readonly buckets: (Timed | null)[] = new Array<Timed | null>(BUCKETS).fill(null);

  /** `tick`: the resolution, in milliseconds. */
  constructor(readonly tick: Millis) {}

  /** Sets the deadline `delay` milliseconds from now, rounded up to ticks. */
  set(timed: Timed, delay: Millis): void {
    timed.deadlineTick = this.now + Math.ceil(delay / this.tick) + 1;
    if (timed.bucket === -1) this.insert(timed);
    else if (this.distance(timed.bucket) > timed.deadlineTick - this.now) {
      this.unlink(timed);
      this.insert(timed);
    }
  }

  /** Takes the deadline away. The owner stays in its bucket, and costs nothing until the wheel comes to that bucket. */
  clear(timed: Timed): void {
    timed.deadlineTick = 0;
  }

  /** Takes the owner out of the wheel, so that it can be garbage collected. */
  remove(timed: Timed): void {
    timed.deadlineTick = 0;
    if (timed.bucket !== -1) this.unlink(timed);
  }

  /** `clock`: milliseconds of a clock that all processes share. A stall of this process's own is made up for. */
  align(clock: Millis): void {
    this.time = Math.max(this.time, Math.floor(clock / this.tick));
  }

  /** Moves on by one tick. False: more owners have expired; the caller goes on with `carryOn`. */
  advance(): boolean {
    while (!this.carryOn()); // owners that are left from the tick before
    this.now++;
    this.time++;
    const bucket = this.now % BUCKETS;
    // Expiring one owner may remove others from this list, so `carryOn` takes them from the front one by one.
    const pending = this.buckets[bucket];
    this.buckets[bucket] = null;
    for (let timed = pending; timed !== null; timed = timed.nextTimed) timed.bucket = BUCKETS;
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
      timed.bucket = -1;
      timed.nextTimed = null;
      timed.previousTimed = null;
      if (timed.deadlineTick === 0) continue;
      if (timed.deadlineTick > this.now) {
        this.insert(timed);
        continue;
      }
      timed.deadlineTick = 0;
      timed.expired();
      break;
    }
    return this.expiring === null;
  }

  // Owners whose bucket has come. Their `bucket` is BUCKETS, which is no place on the wheel.
  private expiring: Timed | null = null;

  private unlink(timed: Timed): void {
    if (timed.previousTimed !== null) timed.previousTimed.nextTimed = timed.nextTimed;
    else if (timed.bucket === BUCKETS) this.expiring = timed.nextTimed;
    else this.buckets[timed.bucket] = timed.nextTimed;
    if (timed.nextTimed !== null) timed.nextTimed.previousTimed = timed.previousTimed;
    timed.bucket = -1;
    timed.nextTimed = null;
    timed.previousTimed = null;
  }

  private distance(bucket: number): number {
    return bucket === BUCKETS ? 0 : (bucket - (this.now % BUCKETS) + BUCKETS) % BUCKETS;
  }

  private insert(timed: Timed): void {
    const bucket = (this.now + Math.min(BUCKETS - 1, Math.max(1, timed.deadlineTick - this.now))) % BUCKETS;
    const first = this.buckets[bucket];
    timed.bucket = bucket;
    timed.previousTimed = null;
    timed.nextTimed = first;
    if (first !== null) first.previousTimed = timed;
    this.buckets[bucket] = timed;
  }
}
