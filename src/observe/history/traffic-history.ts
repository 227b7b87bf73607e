// What the traffic of the gateway and of each tenant was: read once a second for the whole, and at the end of each step for all.
import type { Clock } from '../../core/clock.ts';
import type { Steps } from '../../core/slices.ts';
import { millis } from '../../core/units.ts';
import type { TotalsReader, TrafficTotals } from '../../core/traffic-totals.ts';
import { Meter, pointOf } from './meter.ts';
import { type Point, Timeline } from './timeline.ts';

const SECOND = millis(1000);
/** The lengths of steps, in milliseconds. */
const FINE = 10_000;
const COARSE = 300_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

// Of the whole there is a day in fine steps and a month in coarse ones: 0.6 MB each. A tenant takes 36 KB.
const OF_WHOLE = { fine: DAY / FINE, coarse: (30 * DAY) / COARSE };
const OF_TENANT = { fine: HOUR / FINE, coarse: DAY / COARSE };

// "Now" is the last ten seconds.
const RECENT = 10;

/** How long a series goes back, and how long its steps are. */
export const RANGES = {
  '15m': { length: 15 * 60_000, step: FINE },
  '1h': { length: HOUR, step: FINE },
  '24h': { length: DAY, step: COARSE },
  '7d': { length: 7 * DAY, step: COARSE },
  '30d': { length: 30 * DAY, step: COARSE },
} as const;
export type Range = keyof typeof RANGES;

/** Points one after the other from a time on, in milliseconds since 1970; null: nothing is known. */
export type TrafficPast = { readonly from: number; readonly step: number; readonly points: readonly (Point | null)[] };

export type HistoryTools = {
  readonly clock: Pick<Clock, 'every' | 'wall'>;
  readonly totals: TotalsReader;
  /** All tenants, with how many of their requests are being served. */
  readonly tenants: () => Iterable<{ readonly name: string; readonly inFlight: number }>;
  /** Requests being served, of all. */
  readonly inFlight: () => number;
  /** Does work between requests. */
  readonly inSlices: (steps: Steps<void>) => Promise<unknown>;
};

/** The past of one tenant, or of all. */
class Past {
  private readonly fine: Timeline;
  private readonly coarse: Timeline;
  private readonly meters: { readonly fine: Meter; readonly coarse: Meter };

  constructor(begins: TrafficTotals, most: { readonly fine: number; readonly coarse: number }) {
    this.fine = new Timeline(FINE, most.fine);
    this.coarse = new Timeline(COARSE, most.coarse);
    this.meters = { fine: new Meter(begins), coarse: new Meter(begins) };
  }

  ended(step: 'fine' | 'coarse', at: number, totals: TrafficTotals, inFlight: number): void {
    this[step].put(at, this.meters[step].read(totals, inFlight));
  }

  timeline(step: number): Timeline {
    return step === FINE ? this.fine : this.coarse;
  }
}

export class TrafficHistory {
  private readonly whole: Past;
  private readonly tenants = new Map<string, Past>();
  /** Of the whole, once a second, the latest last. */
  private readonly recent: { readonly at: number; readonly totals: TrafficTotals }[] = [];
  private steps: { readonly fine: number; readonly coarse: number };
  private isReading = false;
  private readonly none: TrafficTotals;

  constructor(private readonly tools: HistoryTools) {
    const { totals, clock } = tools;
    const now = clock.wall();
    this.none = totals.whole();
    this.whole = new Past(this.none, OF_WHOLE);
    this.recent.push({ at: now, totals: this.none });
    this.steps = stepsAt(now);
  }

  /** Reads from here on; the function ends that. */
  begin(): () => void {
    return this.tools.clock.every(SECOND, () => this.look());
  }

  /** The last ten seconds. `seconds`: how long they were. */
  get now(): { readonly seconds: number; readonly point: Point } {
    const [first, last] = [this.recent[0], this.recent.at(-1)];
    const inFlight = this.tools.inFlight();
    if (first === undefined || last === undefined || first === last)
      return { seconds: 1, point: pointOf(this.none, this.none, inFlight) };
    return { seconds: (last.at - first.at) / 1000, point: pointOf(first.totals, last.totals, inFlight) };
  }

  /** Null: no such tenant has had traffic. `tenant` null: all. */
  past(tenant: string | null, range: Range): TrafficPast | null {
    const past = tenant === null ? this.whole : this.tenants.get(tenant);
    if (past === undefined) return null;
    const { length, step } = RANGES[range];
    const timeline = past.timeline(step);
    const end = Math.floor(this.tools.clock.wall() / step) * step;
    const from = end - length;
    return { from, step, points: Array.from({ length: length / step }, (_, at) => timeline.at(from + at * step)) };
  }

  /** The last fine steps that are over, the latest last. */
  latest(tenant: string, count: number): readonly (Point | null)[] {
    const timeline = this.tenants.get(tenant)?.timeline(FINE);
    const end = Math.floor(this.tools.clock.wall() / FINE) * FINE;
    return Array.from({ length: count }, (_, at) => timeline?.at(end - (count - at) * FINE) ?? null);
  }

  private look(): void {
    const { clock, totals, inFlight } = this.tools;
    const now = clock.wall();
    const whole = totals.whole();
    this.recent.push({ at: now, totals: whole });
    if (this.recent.length > RECENT + 1) this.recent.shift();
    const ended = this.steps;
    const steps = stepsAt(now);
    if (steps.fine === ended.fine) return;
    this.steps = steps;
    const at = { fine: ended.fine * FINE, coarse: steps.coarse === ended.coarse ? null : ended.coarse * COARSE };
    endSteps(this.whole, at, whole, inFlight());
    if (!this.isReading) void this.readTenants(at);
  }

  private async readTenants(at: Ended): Promise<void> {
    this.isReading = true;
    await this.tools.inSlices(this.tenantSteps(at));
    this.isReading = false;
  }

  // A tenant has a past from its first request on.
  private *tenantSteps(at: Ended): Steps<void> {
    const { tenants, totals } = this.tools;
    const present = new Set<string>();
    for (const { name, inFlight } of tenants()) {
      yield;
      present.add(name);
      const read = totals.tenant(name);
      if (read === null) continue;
      let past = this.tenants.get(name);
      if (past === undefined && read.requests === 0) continue;
      if (past === undefined) this.tenants.set(name, (past = new Past(nothingOf(read), OF_TENANT)));
      endSteps(past, at, read, inFlight);
    }
    for (const name of this.tenants.keys()) if (!present.has(name)) this.tenants.delete(name);
  }
}

/** When the steps began that are over; null: that one goes on. */
type Ended = { readonly fine: number; readonly coarse: number | null };

function endSteps(past: Past, { fine, coarse }: Ended, totals: TrafficTotals, inFlight: number): void {
  past.ended('fine', fine, totals, inFlight);
  if (coarse !== null) past.ended('coarse', coarse, totals, inFlight);
}

function stepsAt(now: number): { readonly fine: number; readonly coarse: number } {
  return { fine: Math.floor(now / FINE), coarse: Math.floor(now / COARSE) };
}

function nothingOf({ duration, firstByte, byStatus }: TrafficTotals): TrafficTotals {
  return {
    requests: 0,
    byStatus: zeros(byStatus),
    bytesIn: 0,
    bytesOut: 0,
    retries: 0,
    saved: 0,
    duration: { ...duration, counts: zeros(duration.counts), sum: 0 },
    firstByte: { ...firstByte, counts: zeros(firstByte.counts), sum: 0 },
  };
}

function zeros(counts: readonly number[]): readonly number[] {
  return counts.map(() => 0);
}
