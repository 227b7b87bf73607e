// When the process of a slot may be started again: at once, but not again and again.
import { type Millis, millis } from '../core/units.ts';

// A crash now and then is replaced at once. One that comes back with every start would keep a core busy with starting.
const WINDOW = millis(10_000);
const FIRST_PAUSE = 1000;

/** `maxDeaths`: so many may end within ten seconds before the next start has to wait. */
export type Patience = { readonly maxDeaths: number; readonly maxPause: Millis };

export class Replacements {
  private deaths: Millis[] = [];
  /** The latest one; 0: starts do not wait. */
  private pause = 0;

  /** A process has ended that should not. Returns how long to wait before the next one starts. */
  died(now: Millis, { maxDeaths, maxPause }: Patience): Millis {
    const last = this.deaths.at(-1) ?? Number.NEGATIVE_INFINITY;
    // One that was started after a long pause has to prove itself for as long as any other.
    if (now - last > WINDOW + this.pause) this.pause = 0;
    this.deaths = [...this.deaths.filter((at) => now - at < WINDOW), now];
    const isTooMuch = this.pause > 0 || this.deaths.length > maxDeaths;
    this.pause = isTooMuch ? Math.min(Math.max(FIRST_PAUSE, this.pause * 2), maxPause) : 0;
    return millis(this.pause);
  }
}
