// How overloaded this process is, and what follows: first what nobody has asked for is given up, then what the gateway does for
// tenants that take more than their share. Pure.
import { type Millis, millis } from '../core/units.ts';

/** 0: calm. 1: requests wait for their share. 2: what is only nice to have is left out. 3: tenants above their share are refused,
 * and no connections accepted. */
export type OverloadLevel = 0 | 1 | 2 | 3;

export type OverloadFacts = {
  /** How long a turn of the event loop was in the last second, on average. */
  readonly turn: Millis;
  /** What the process uses of the memory that it may use; 0: it may use what there is. */
  readonly memory: number;
  readonly hasWaiting: boolean;
};

// Shares keep turns at a millisecond. Where they are so long, something takes the loop that no share limits, or the machine has no
// time for it.
const LONG_TURN = millis(20);
const MUCH_MEMORY = 0.8;
const MOST_MEMORY = 0.95;
// Before it goes back by one level: what is left out at a level would otherwise come back as soon as leaving it out helps.
const PATIENCE = millis(5000);

export class Overload {
  level: OverloadLevel = 0;
  /** When the present level was last called for. */
  private since: Millis = millis(0);

  /** Hedges, mirrors, retries of what was sent, and compression are left out; tenants above their share lose keep-alive. */
  get isSparing(): boolean {
    return this.level >= 2;
  }

  /** Tenants above their share are refused, and no connections accepted. */
  get isRefusing(): boolean {
    return this.level >= 3;
  }

  /** Looks again. True: the level has changed. */
  look(facts: OverloadFacts, now: Millis): boolean {
    const { level } = this;
    const wanted = levelFor(facts);
    if (wanted >= level) this.since = now;
    if (wanted > level) this.level = wanted;
    else if (wanted < level && (level === 1 || now - this.since >= PATIENCE)) {
      this.level = below(level);
      this.since = now;
    }
    return this.level !== level;
  }
}

function levelFor({ turn, memory, hasWaiting }: OverloadFacts): OverloadLevel {
  if (memory > MOST_MEMORY) return 3;
  if (memory > MUCH_MEMORY || turn > LONG_TURN) return 2;
  return hasWaiting ? 1 : 0;
}

function below(level: OverloadLevel): OverloadLevel {
  switch (level) {
    case 3:
      return 2;
    case 2:
      return 1;
    case 1:
    case 0:
      return 0;
  }
}
