// What the traffic of the gateway and of each tenant was: read once a second for the whole, and at the end of each step for all.
import type { Clock } from '../../core/clock.ts';
import type { Steps } from '../../core/slices.ts';
import { millis } from '../../core/units.ts';
import type { TotalsReader, TrafficTotals } from '../../core/traffic-totals.ts';
import { GRAINS, type Grain, type KeptPast, type StepPart, WHOLE } from './kept-past.ts';
import { Meter, pointOf } from './meter.ts';
import { POINT_SIZE, type Point, Timeline, pointAt, writePoint } from './timeline.ts';

const SECOND = millis(1000);
/** The lengths of steps, in milliseconds. */
const FINE = GRAINS.fine.step;
const COARSE = GRAINS.coarse.step;
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
// Of a longer range in fine steps nobody could see one.
const LONGEST_FINE = DAY;
// Tenants that are told of at once to where the past is kept.
const PART = 500;
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

  ended(step: Grain, at: number, totals: TrafficTotals, inFlight: number): Point {
    const point = this.meters[step].read(totals, inFlight);
    this[step].put(at, point);
    return point;
  }

  fill(at: number, point: Point): void {
    this.fine.fill(at, point);
  }

  timeline(step: number): Timeline {
    return step === FINE ? this.fine : this.coarse;
  }
}

export class TrafficHistory {
  /** Where the past goes that outlives this process; null: nowhere. */
  kept: KeptPast | null = null;
  private readonly whole: Past;
  private readonly tenants = new Map<string, Past>();
  /** Of the whole, once a second, the latest last. */
  private readonly recent: { readonly at: number; readonly totals: TrafficTotals }[] = [];
  private steps: { readonly fine: number; readonly coarse: number };
  private isReading = false;
  /** Resolved when no step is being ended. */
  private reading: Promise<void> = Promise.resolve();
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

  /** Null: no such tenant has had traffic. `tenant` null: all. `isFine`: in fine steps, also where the range has coarse ones. */
  async past(tenant: string | null, range: Range, isFine = false): Promise<TrafficPast | null> {
    const { length, step: usual } = RANGES[range];
    const step = isFine && length <= LONGEST_FINE ? FINE : usual;
    const end = Math.floor(this.tools.clock.wall() / step) * step;
    const [from, steps] = [end - length, length / step];
    const grain = step === FINE ? 'fine' : 'coarse';
    const kept = (await this.kept?.read(tenant ?? WHOLE, grain, from, steps)) ?? null;
    const own = tenant === null ? this.whole : this.tenants.get(tenant);
    if (own === undefined && kept === null) return null;
    const timeline = own?.timeline(step);
    const points = Array.from({ length: steps }, (_, at) => {
      const known = timeline?.at(from + at * step) ?? null;
      return kept === null ? known : fuller(known, pointAt(kept, at * POINT_SIZE));
    });
    return { from, step, points };
  }

  /** What an earlier process has known of a step. */
  remember(at: number, { names, values }: StepPart): void {
    for (const [place, name] of names.entries()) {
      const point = pointAt(values, place * POINT_SIZE);
      if (point !== null) this.pastOf(name).fill(at, point);
    }
  }

  /** The step that goes on ends here: nothing of it is lost. */
  async keepRest(): Promise<void> {
    await this.reading;
    if (this.kept !== null) await this.endStep({ fine: this.steps.fine * FINE, coarse: null });
  }

  /** The last fine steps that are over, the latest last. */
  latest(tenant: string, count: number): readonly (Point | null)[] {
    const timeline = this.tenants.get(tenant)?.timeline(FINE);
    const end = Math.floor(this.tools.clock.wall() / FINE) * FINE;
    return Array.from({ length: count }, (_, at) => timeline?.at(end - (count - at) * FINE) ?? null);
  }

  private look(): void {
    const { clock, totals } = this.tools;
    const now = clock.wall();
    this.recent.push({ at: now, totals: totals.whole() });
    if (this.recent.length > RECENT + 1) this.recent.shift();
    const ended = this.steps;
    const steps = stepsAt(now);
    // A clock that is set back a little is waited for: the step goes on.
    if (steps.fine === ended.fine || steps.fine === ended.fine - 1) return;
    this.steps = steps;
    const at = { fine: ended.fine * FINE, coarse: steps.coarse === ended.coarse ? null : ended.coarse * COARSE };
    if (!this.isReading) this.reading = this.endStep(at);
  }

  private async endStep(at: Ended): Promise<void> {
    const parts = { fine: new StepParts(this.kept, 'fine'), coarse: new StepParts(this.kept, 'coarse') };
    const { totals, inFlight, inSlices } = this.tools;
    this.isReading = true;
    endSteps(this.whole, at, { totals: totals.whole(), inFlight: inFlight() }, (grain, point) =>
      parts[grain].add(WHOLE, point),
    );
    await inSlices(this.tenantSteps(at, parts));
    this.isReading = false;
    // Whoever ends between the two still knows the fine steps.
    if (at.coarse !== null) parts.coarse.end(at.coarse);
    parts.fine.end(at.fine);
  }

  // A tenant has a past from its first request on.
  private *tenantSteps(at: Ended, parts: Readonly<Record<Grain, StepParts>>): Steps<void> {
    const { tenants, totals } = this.tools;
    const present = new Set<string>();
    for (const { name, inFlight } of tenants()) {
      yield;
      present.add(name);
      const read = totals.tenant(name);
      if (read === null || (!this.tenants.has(name) && read.requests === 0)) continue;
      endSteps(this.pastOf(name), at, { totals: read, inFlight }, (grain, point) => parts[grain].add(name, point));
    }
    for (const name of this.tenants.keys()) if (!present.has(name)) this.tenants.delete(name);
  }

  private pastOf(name: string): Past {
    if (name === WHOLE) return this.whole;
    const known = this.tenants.get(name);
    if (known !== undefined) return known;
    const made = new Past(nothingOf(this.none), OF_TENANT);
    this.tenants.set(name, made);
    return made;
  }
}

// Of a step in which a process has followed another, memory knows the part of this process alone; what could not be kept, memory
// knows alone.
function fuller(known: Point | null, kept: Point | null): Point | null {
  if (known === null || kept === null) return known ?? kept;
  return kept.requests > known.requests ? kept : known;
}

/** When the steps began that are over; null: that one goes on. */
type Ended = { readonly fine: number; readonly coarse: number | null };
type Read = { readonly totals: TrafficTotals; readonly inFlight: number };

function endSteps(past: Past, at: Ended, { totals, inFlight }: Read, tell: (grain: Grain, point: Point) => void): void {
  tell('fine', past.ended('fine', at.fine, totals, inFlight));
  if (at.coarse !== null) tell('coarse', past.ended('coarse', at.coarse, totals, inFlight));
}

/** Hands the points of one step on, some tenants at a time. */
class StepParts {
  private names: string[] = [];
  private values = new Float64Array(PART * POINT_SIZE);

  constructor(
    private readonly kept: KeptPast | null,
    private readonly grain: Grain,
  ) {}

  add(name: string, point: Point): void {
    // One who has had no traffic takes no room.
    if (this.kept === null || (name !== WHOLE && point.requests === 0 && point.inFlight === 0)) return;
    writePoint(this.values, this.names.length * POINT_SIZE, point);
    if (this.names.push(name) === PART) this.hand(this.kept);
  }

  end(at: number): void {
    if (this.kept === null) return;
    this.hand(this.kept);
    this.kept.ended(this.grain, at);
  }

  private hand(kept: KeptPast): void {
    kept.points(this.grain, { names: this.names, values: this.values });
    this.names = [];
    this.values = new Float64Array(PART * POINT_SIZE);
  }
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
