// How a backend stands, as one word in the cells: the reason why it gets no requests, and some flags. Pools choose by
// it. 0: it is eligible, and no flag is set.
import type { Cells, Slot } from '../core/cells.ts';
import { standingFields } from '../core/cells.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Ineligibility } from './eligibility.ts';
import type { HealthState } from './state-machine.ts';

export type StandingReason = Ineligibility['reason'];

// The number of a reason is its place; 0 is none.
const REASONS = [
  'unknown',
  'ejected',
  'withdrawn',
  'unhealthy',
  'draining',
  'disabled',
  'unresolved',
] as const satisfies readonly StandingReason[];
const REASON_BITS = 0x7;
const ON_TRIAL = 0x8;
const HEALTHY = 0x10;
const LOST = 0x20;
const UNWANTED = 0x40;

/** What the word is made of. */
export type WordFacts = {
  readonly reason: StandingReason | null;
  /** It is back from an ejection, and one request is to tell whether for good. */
  readonly isOnTrial: boolean;
  /** Null: it has no check. */
  readonly health: HealthState | null;
  /** A person has set its weight to 0. */
  readonly isUnwanted: boolean;
};

export function wordOf({ reason, isOnTrial, health, isUnwanted }: WordFacts): number {
  const isLost = health?.health === 'unhealthy' && health.wasHealthy;
  return (
    (reason === null ? 0 : REASONS.indexOf(reason) + 1) |
    (isOnTrial ? ON_TRIAL : 0) |
    (health?.health === 'healthy' ? HEALTHY : 0) |
    (isLost ? LOST : 0) |
    (isUnwanted ? UNWANTED : 0)
  );
}

/** Null: its standing keeps no requests away. */
export function reasonIn(word: number): StandingReason | null {
  return REASONS[(word & REASON_BITS) - 1] ?? null;
}

export function isServingBy(word: number): boolean {
  return (word & REASON_BITS) === 0;
}

export function isOnTrialBy(word: number): boolean {
  return (word & ON_TRIAL) !== 0;
}

/** Its check has found it well. */
export function isHealthyBy(word: number): boolean {
  return (word & HEALTHY) !== 0;
}

/** It was healthy until it was found to be down. */
export function isLostBy(word: number): boolean {
  return (word & LOST) !== 0;
}

/** A person has set its weight to 0. */
export function isUnwantedBy(word: number): boolean {
  return (word & UNWANTED) !== 0;
}

const WEIGHT_UNIT = 0x1_0000;

/** A weight as the cells have it. A small one does not become 0, because a backend that gets no requests cannot prove
 * itself. */
export function weightToCell(weight: number): number {
  return weight === 0 ? 0 : Math.max(1, Math.round(weight * WEIGHT_UNIT));
}

export function weightFromCell(value: number): number {
  return value / WEIGHT_UNIT;
}

/** A time of the monotonic clock as the cells have it. */
export function timeToCell(time: Millis): number {
  return Math.floor(time) | 0;
}

/** How long ago a backend was lost, by the time that stands in its cell. */
export function elapsedSinceLost(cells: Cells<'standing'>, slot: Slot, now: Millis): Millis {
  return millis((timeToCell(now) - cells.get(slot, standingFields.lostAt)) | 0);
}
