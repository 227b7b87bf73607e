// Keeps the latest results by number, not by time. Under load they show a change sooner than a window of time does.
import type { Millis } from './units.ts';

// Most backends of a large configuration have no results: their rings share these and take no memory of their own.
const NO_TIMES = new Float64Array(0);
const NO_RESULTS = new Uint8Array(0);

/** A ring of results, good or bad. */
export class RecentResults {
  private times = NO_TIMES;
  private isBad = NO_RESULTS;
  private next = 0;
  private bad = 0;

  constructor(readonly size: number) {}

  addBad(now: Millis): void {
    this.add(1, now);
  }

  /** Adds good results, but no more than the ring can hold. */
  addGood(count: number, now: Millis): void {
    for (let left = Math.min(count, this.size); left > 0; left--) this.add(0, now);
  }

  private add(isBad: 0 | 1, now: Millis): void {
    if (this.times === NO_TIMES) this.begin();
    const { next } = this;
    this.bad += isBad - this.isBad[next];
    this.isBad[next] = isBad;
    this.times[next] = now;
    this.next = next + 1 === this.size ? 0 : next + 1;
  }

  /** How many of the kept results were bad; 0 while the ring is not full, or if its oldest result is older than `since`. */
  badSince(since: Millis): number {
    if (this.times === NO_TIMES) return 0;
    return this.times[this.next] >= since ? this.bad : 0;
  }

  clear(): void {
    this.times.fill(Number.NEGATIVE_INFINITY);
    this.isBad.fill(0);
    this.bad = 0;
  }

  private begin(): void {
    this.times = new Float64Array(this.size).fill(Number.NEGATIVE_INFINITY);
    this.isBad = new Uint8Array(this.size);
  }
}
