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

/** When each level begins; the settings of `overload`. */
export type OverloadBounds = {
  /** Level 2: turns take so long. */
  readonly turn_time: Millis;
  /** Level 2 and 3: so much of its memory is used. */
  readonly spare_memory: number;
  readonly refuse_memory: number;
  /** How long there must be no need for a level before it goes back by one. */
  readonly calm_time: Millis;
};

export class Overload {
  level: OverloadLevel = 0;
  /** When the present level was last called for. */
  private since: Millis = millis(0);

  constructor(public bounds: OverloadBounds) {}

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
    const { level, bounds } = this;
    const wanted = levelFor(facts, bounds);
    if (wanted >= level) this.since = now;
    if (wanted > level) this.level = wanted;
    else if (wanted < level && (level === 1 || now - this.since >= bounds.calm_time)) {
      this.level = below(level);
      this.since = now;
    }
    return this.level !== level;
  }
}

function levelFor({ turn, memory, hasWaiting }: OverloadFacts, bounds: OverloadBounds): OverloadLevel {
  if (memory > bounds.refuse_memory) return 3;
  if (memory > bounds.spare_memory || turn > bounds.turn_time) return 2;
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
