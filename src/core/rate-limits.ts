// How often something may happen for each of many keys, such as client addresses, in bounded memory.
import type { Millis } from './units.ts';

export type RateLimitOptions = {
  /** So many may happen at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** Keys that are remembered; the one that was counted longest ago is forgotten first. */
  readonly most: number;
};

type Bucket = { readonly at: number; readonly used: number };

/** One bucket for each key; a key without a bucket has used nothing. */
export class RateLimits {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly options: RateLimitOptions,
    private readonly now: () => Millis,
  ) {}

  /** Whether another one may happen now. */
  allows(key: string): boolean {
    return this.usedBy(key) + 1 <= this.options.burst;
  }

  /** One has happened. */
  count(key: string): void {
    const used = Math.min(this.options.burst, this.usedBy(key) + 1);
    // A map keeps the order in which its keys were put in.
    this.buckets.delete(key);
    this.buckets.set(key, { at: this.now(), used });
    if (this.buckets.size <= this.options.most) return;
    const [oldest] = this.buckets.keys();
    if (oldest !== undefined) this.buckets.delete(oldest);
  }

  private usedBy(key: string): number {
    const bucket = this.buckets.get(key);
    if (bucket === undefined) return 0;
    return Math.max(0, bucket.used - ((this.now() - bucket.at) * this.options.perSecond) / 1000);
  }
}
