// What the gateway has counted of traffic, as those see it who show it.

/** `counts`: of each bucket by itself; there is one more than bounds, for what is above all of them. */
export type Histogram = {
  /** In seconds, the least first; a value on a bound is below it. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  /** In seconds. */
  readonly sum: number;
};

export type TrafficTotals = {
  readonly requests: number;
  /** 0: no response began; the others by the first digit of the status. */
  readonly byStatus: readonly number[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
  /** Exchanges that only a second or later attempt has saved. */
  readonly saved: number;
  readonly duration: Histogram;
  readonly firstByte: Histogram;
};

/** Since the gateway has started. */
export interface TotalsReader {
  whole(): TrafficTotals;
  /** Null: there is no such tenant, or it is counted with others; see `metrics.max_tenants`. */
  tenant(name: string): TrafficTotals | null;
  /** Null: the same of a backend. */
  backend(tenant: string, backend: string): TrafficTotals | null;
}

/** The value in seconds below which that part (0 to 1) of what was counted lies, as far as buckets tell: within one, values are
 * taken to be spread evenly. Null: nothing was counted. */
export function quantile({ bounds, counts }: Histogram, part: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = total * part;
  for (const [bucket, count] of counts.entries()) {
    const upper = bounds[bucket];
    if (upper === undefined) break;
    const lower = bucket === 0 ? 0 : (bounds[bucket - 1] ?? 0);
    if (left <= count && count > 0) return lower + ((upper - lower) * left) / count;
    left -= count;
  }
  return bounds.at(-1) ?? null;
}
