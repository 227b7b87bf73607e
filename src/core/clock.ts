// The clock as a parameter, so that a test can move time itself.
import type { Millis } from './units.ts';

/** The only source of time in the gateway. */
export type Clock = {
  /** Monotonic; a change of the wall clock does not touch it. It has the same origin in all processes of the machine, where
   * the system permits that. */
  readonly now: () => Millis;
  /** Milliseconds since 1970: for people only, never for deadlines. */
  readonly wall: () => number;
  /** Runs `task` once after `delay`; the returned function cancels it. */
  readonly after: (delay: Millis, task: () => void) => () => void;
  /** Runs `task` after each `interval`; the returned function ends that. */
  readonly every: (interval: Millis, task: () => void) => () => void;
};
