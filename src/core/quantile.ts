// A quantile of a stream of durations, followed as it changes, in a few bytes.
import { type Millis, type Share, millis } from './units.ts';

// How fast it follows: a step is this part of the estimate.
const STEP = 0.05;

/** Frugal streaming (Ma, Muthukrishnan and Sandler 2013) with steps in proportion: up by `share` of a step for each
 * longer duration, down by the rest of it for each shorter one, so that it rests where that many are shorter. */
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
