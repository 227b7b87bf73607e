// The last so many results, whatever the traffic: what a window of time is too slow to see under load.
import type { Millis } from './units.ts';

/** A ring of good and bad. */
export class RecentResults {
  private readonly times: Float64Array;
  private readonly isBad: Uint8Array;
  private next = 0;
  private bad = 0;

  constructor(readonly size: number) {
    this.times = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
    this.isBad = new Uint8Array(size);
  }

  add(isBad: boolean, now: Millis): void {
    const { next } = this;
    this.bad += (isBad ? 1 : 0) - this.isBad[next];
    this.isBad[next] = isBad ? 1 : 0;
    this.times[next] = now;
    this.next = next + 1 === this.size ? 0 : next + 1;
  }

  /** How many of them were bad; 0 while there are too few, or the oldest is older than `since`. */
  badSince(since: Millis): number {
    return this.times[this.next] >= since ? this.bad : 0;
  }

  clear(): void {
    this.times.fill(Number.NEGATIVE_INFINITY);
    this.isBad.fill(0);
    this.bad = 0;
  }
}
