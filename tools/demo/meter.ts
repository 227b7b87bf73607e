// Makes recent rates and shares from running totals that are sampled again and again.
import type { Millis } from '../../src/core/units.ts';

/** Totals at one moment. */
export type Sample = {
  readonly at: Millis;
  readonly total: number;
  /** Requests of each backend, by `tenant/backend`. */
  readonly requests: ReadonlyMap<string, number>;
};

// Long enough for steady numbers, short enough to see a change as it happens.
const WINDOW = 1500;
const HISTORY = 60;

/** Keeps the latest samples. */
export class Meter {
  /** Requests per second between two samples, the latest last. */
  readonly history: number[] = [];
  private samples: Sample[] = [];

  add(sample: Sample): void {
    const latest = this.samples.at(-1);
    if (latest !== undefined && sample.at > latest.at) {
      this.history.push(((sample.total - latest.total) * 1000) / (sample.at - latest.at));
      if (this.history.length > HISTORY) this.history.shift();
    }
    this.samples.push(sample);
    this.samples = this.samples.filter(({ at }) => at >= sample.at - WINDOW);
  }

  perSecond(): number {
    const [oldest] = this.samples;
    const latest = this.samples.at(-1);
    if (oldest === undefined || latest === undefined || latest.at === oldest.at) return 0;
    return ((latest.total - oldest.total) * 1000) / (latest.at - oldest.at);
  }

  /** Each key's share of the latest requests, in the order of the keys; all 0 if there were none. */
  shares(keys: readonly string[]): readonly number[] {
    const counts = keys.map((key) => this.latelyOf(key));
    const sum = counts.reduce((total, count) => total + count, 0);
    return counts.map((count) => (sum === 0 ? 0 : count / sum));
  }

  private latelyOf(key: string): number {
    const before = this.samples[0]?.requests.get(key) ?? 0;
    return (this.samples.at(-1)?.requests.get(key) ?? 0) - before;
  }
}
