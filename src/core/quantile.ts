// Follows a quantile of a stream of durations as it changes, in a few bytes.
import { type Millis, type Share, millis } from './units.ts';

// One step is this part of the estimate: a larger one follows faster and wavers more.
const STEP = 0.05;

/** Frugal streaming (Ma, Muthukrishnan and Sandler 2013), with steps in proportion to the estimate. Each longer duration
 * moves the estimate up by `share` of a step, each shorter one down by the rest of a step: it settles where that share of
 * the durations is shorter. */
export class Quantile {
  private estimate = 0;

  constructor(private readonly share: Share) {}

  /** Null: nothing was seen yet. */
  get value(): Millis | null {
    return this.estimate === 0 ? null : millis(this.estimate);
  }

  add(duration: Millis): void {
    if (this.estimate === 0) this.estimate = Math.max(duration, SHORTEST);
    else if (duration > this.estimate) this.estimate *= 1 + STEP * this.share;
    else this.estimate = Math.max(SHORTEST, this.estimate * (1 - STEP * (1 - this.share)));
  }
}

const SHORTEST = 0.01;
