// Counts the results of the last seconds, and the bad ones among them, in a ring of buckets: the same few bytes whatever
// the traffic.
import type { Millis } from './units.ts';

const BUCKETS = 10;

// Most backends of a large configuration have no traffic: their windows share this and take no memory of their own.
const NOTHING = new Float64Array(0);

/** A sliding window over two counts: all, and those that are marked. Exact to a tenth of its length. */
export class SlidingWindow {
  /** Empty until `advance` is first called, which it is before anything is counted. */
  private totals = NOTHING;
  private marked = NOTHING;
  private newest = 0;
  /** When the next bucket begins. Until then, `advance` is one comparison on the hot path. */
  private nextAt = 0;
  private totalSum = 0;
  private markedSum = 0;

  constructor(private readonly length: Millis) {}

  /** Counts as many more. */
  add(count: number, now: Millis): void {
    this.advance(now);
    this.totals[this.newest % BUCKETS] += count;
    this.totalSum += count;
  }

  /** Counts one more, among the marked ones, too. */
  addMarked(now: Millis): void {
    this.add(1, now);
    this.mark(now);
  }

  /** Marks one that was counted before. */
  mark(now: Millis): void {
    this.advance(now);
    this.marked[this.newest % BUCKETS]++;
    this.markedSum++;
  }

  total(now: Millis): number {
    this.advance(now);
    return this.totalSum;
  }

  markedTotal(now: Millis): number {
    this.advance(now);
    return this.markedSum;
  }

  clear(): void {
    this.totals.fill(0);
    this.marked.fill(0);
    this.totalSum = 0;
    this.markedSum = 0;
  }

  private advance(now: Millis): void {
    if (now >= this.nextAt) this.turn(now);
  }

  // Empties at most one lap of buckets, however long ago the last result came. A clock that steps back changes nothing.
  private turn(now: Millis): void {
    if (this.totals === NOTHING) this.begin();
    const current = Math.floor((now * BUCKETS) / this.length);
    this.nextAt = ((current + 1) * this.length) / BUCKETS;
    if (current <= this.newest) return;
    for (let step = Math.max(this.newest + 1, current - BUCKETS + 1); step <= current; step++) {
      const at = step % BUCKETS;
      this.totalSum -= this.totals[at];
      this.markedSum -= this.marked[at];
      this.totals[at] = 0;
      this.marked[at] = 0;
    }
    this.newest = current;
  }

  private begin(): void {
    this.totals = new Float64Array(BUCKETS);
    this.marked = new Float64Array(BUCKETS);
  }
}
