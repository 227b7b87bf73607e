// When the process of a slot may be started again: at once, but not again and again.
import { type Millis, millis } from '../core/units.ts';

// A crash now and then is replaced at once. One that comes back with every start would keep a core busy with starting.
const WINDOW = millis(10_000);
const MANY = 5;
const FIRST_PAUSE = millis(1000);
const LONGEST_PAUSE = millis(30_000);

export class Replacements {
  private deaths: readonly Millis[] = [];
  /** How long the latest replacement had to wait. */
  private pause = millis(0);

  /** A process has ended that should not. Returns how long to wait before the next one starts. */
  died(now: Millis): Millis {
    const sinceLast = now - (this.deaths.at(-1) ?? Number.NEGATIVE_INFINITY);
    // One that has waited is given as long to live as others before it counts as a fresh start.
    const isAgain = this.pause > 0 && sinceLast < this.pause + WINDOW;
    this.deaths = [...this.deaths.filter((at) => now - at < WINDOW), now];
    if (isAgain) this.pause = millis(Math.min(2 * this.pause, LONGEST_PAUSE));
    else this.pause = this.deaths.length > MANY ? FIRST_PAUSE : millis(0);
    return this.pause;
  }
}
