// How much may be begun in one turn of the event loop: as much as keeps turns short.
import { type Millis, millis } from '../core/units.ts';

// With 0.5 ms and less, a flooded gateway serves up to a quarter fewer requests, and others wait no shorter.
const TURN = millis(1);

/** At the start, in microseconds. */
export const FIRST_QUOTA = 400;
const LEAST = 1;
const MOST = 20_000;
// One more request in each turn that is short enough.
const STEP = 20;
// A single long turn, such as one with a collection of garbage, at most halves it.
const STEEPEST = 0.5;

/** The quota of the next turn, in microseconds, after a turn of that length in which it mattered. */
export function nextQuota(quota: number, length: Millis): number {
  return length > TURN ? Math.max(LEAST, quota * Math.max(STEEPEST, TURN / length)) : Math.min(MOST, quota + STEP);
}
