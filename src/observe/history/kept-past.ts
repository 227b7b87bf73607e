// The past that outlives a process, as those see it who make it and who show it.
import type { GatewayEvent } from '../../core/observer.ts';
import { POINT_FIELDS, POINT_SIZE } from './timeline.ts';

/** The kinds of steps. */
export const GRAINS = {
  fine: { step: 10_000 },
  coarse: { step: 300_000 },
} as const;
export type Grain = keyof typeof GRAINS;

/** The name of the whole gateway among those of tenants, which are never empty. */
export const WHOLE = '';

/** Points of a step that is over: of each name the numbers of `POINT_FIELDS`. */
export type StepPart = { readonly names: readonly string[]; readonly values: Float64Array<ArrayBuffer> };

/** Where the past is kept. Nothing here waits or throws: what cannot be kept is lost, and counted there. */
export type KeptPast = {
  /** More of a step; `ended` ends it. */
  points(grain: Grain, part: StepPart): void;
  /** `at`: its beginning, in milliseconds since 1970. */
  ended(grain: Grain, at: number): void;
  /** The numbers of so many steps, NaN where nothing is known. Null: nothing was ever known of the name, or it cannot be said. */
  read(name: string, grain: Grain, from: number, steps: number): Promise<Float64Array | null>;
  /** The latest events after one number and before another, oldest first. */
  eventsBetween(after: number, before: number): Promise<readonly GatewayEvent[]>;
};

const IN_FLIGHT = POINT_FIELDS.indexOf('inFlight');
const FIRST_LATENCY = POINT_FIELDS.indexOf('p50');

/** Adds a later part of the same step to an earlier one, in place: counts add up, and of latencies, which do not, those of the
 * part with more requests stand for both. */
export function addPoint(into: Float64Array, start: number, later: Float64Array, from: number): void {
  if (Number.isNaN(into[start] ?? Number.NaN)) {
    into.set(later.subarray(from, from + POINT_SIZE), start);
    return;
  }
  const isMore = (later[from] ?? 0) >= (into[start] ?? 0);
  for (let at = 0; at < POINT_SIZE; at++) {
    const [own, other] = [into[start + at] ?? 0, later[from + at] ?? 0];
    if (at < FIRST_LATENCY) into[start + at] = at === IN_FLIGHT ? other : own + other;
    else if (Number.isNaN(own) || (isMore && !Number.isNaN(other))) into[start + at] = other;
  }
}
