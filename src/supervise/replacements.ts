// When the process of a slot may be started again: at once, but not again and again.
import { type Millis, millis } from '../core/units.ts';

// A crash now and then is replaced at once. One that comes back with every start would keep a core busy with starting.
const WINDOW = millis(10_000);
const MANY = 5;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

export class Replacements {
  private deaths: Millis[] = [];
  private pauses = 0;

  /** A process has ended that should not. Returns how long to wait before the next one starts. */
  died(now: Millis): Millis {
    this.deaths = [...this.deaths.filter((at) => now - at < WINDOW), now];
    if (this.deaths.length <= MANY) {
      this.pauses = 0;
      return millis(0);
    }
    const pause = Math.min(FIRST_PAUSE * 2 ** this.pauses, LONGEST_PAUSE);
    this.pauses++;
    return millis(pause);
  }
}
