// Time as a parameter.
import type { Millis } from './units.ts';

/** What the gateway knows of time. */
export type Clock = {
  /** Monotonic; a change of the wall clock does not touch it. */
  readonly now: () => Millis;
  /** Milliseconds since 1970: for people only, never for deadlines. */
  readonly wall: () => number;
  /** Runs `task` once after `delay`; returns what calls it off. */
  readonly after: (delay: Millis, task: () => void) => () => void;
  /** Runs `task` again and again; returns what calls it off. */
  readonly every: (interval: Millis, task: () => void) => () => void;
};
