// The measurements of a simulated run: counts in bins of time, and latencies.

export const BIN = 500;

/** One bin of time. */
export type Bin = {
  requests: number;
  served: number;
  latency: number;
  lost: number;
  attempts: number;
  probes: number;
  watched: number;
};

/** Counts of one run. */
export class Metrics {
  readonly bins: Bin[] = [];
  readonly latencies: number[] = [];
  readonly totals: Bin = emptyBin();
  stateChanges = 0;
  ejections = 0;
  /** Most backends that were not eligible at once. */
  mostAway = 0;
  readonly lostBy = new Map<string, number>();

  count(field: keyof Bin, now: number, amount = 1): void {
    const at = Math.floor(now / BIN);
    while (this.bins.length <= at) this.bins.push(emptyBin());
    this.bins[at][field] += amount;
    this.totals[field] += amount;
  }

  lose(reason: string, now: number): void {
    this.count('lost', now);
    this.lostBy.set(reason, (this.lostBy.get(reason) ?? 0) + 1);
  }

  serve(latency: number, now: number): void {
    this.latencies.push(latency);
    this.count('served', now);
    this.count('latency', now, latency);
  }

  /** The latency that a part of the served requests stayed below. */
  percentile(part: number): number {
    const sorted = Float64Array.from(this.latencies).toSorted();
    return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  }

  /** The sum of a field from one time to another. */
  between(field: keyof Bin, from: number, to: number): number {
    return this.bins.slice(Math.floor(from / BIN), Math.floor(to / BIN)).reduce((sum, bin) => sum + bin[field], 0);
  }

  /** The highest rate of a field per second, in one bin. */
  highestRate(field: keyof Bin, from = 0): number {
    return Math.max(...this.bins.slice(Math.floor(from / BIN)).map((bin) => (bin[field] * 1000) / BIN));
  }
}

function emptyBin(): Bin {
  return { requests: 0, served: 0, latency: 0, lost: 0, attempts: 0, probes: 0, watched: 0 };
}
