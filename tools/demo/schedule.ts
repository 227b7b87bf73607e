// Decides which origin is killed when, and when it is started again: pure.
import { type Millis, millis } from '../../src/core/units.ts';

/** One thing that the demo does to an origin, `at` milliseconds after it began. */
export type Act = { readonly kind: 'kill' | 'revive'; readonly origin: string; readonly at: Millis };

export type Timing = {
  readonly origins: readonly string[];
  /** When the first kill happens. */
  readonly first: Millis;
  /** From a kill to the restart. */
  readonly down: Millis;
  /** From one kill to the next. */
  readonly every: Millis;
  /** From the last restart to the end, at least. */
  readonly settle: Millis;
  /** Null: until a signal. */
  readonly end: Millis | null;
};

/** A pace at which people can follow. */
export function liveTiming(origins: readonly string[], end: Millis | null): Timing {
  return { origins, first: millis(4000), down: millis(4000), every: millis(8000), settle: millis(0), end };
}

const ROUND = 6000;

/** One kill and one restart in six seconds, or in the given time. */
export function onceTiming(origins: readonly string[], end: Millis): Timing {
  const pace = Math.min(1, end / ROUND);
  const part = (share: number): Millis => millis(ROUND * share * pace);
  return { origins, first: part(0.25), down: part(0.33), every: part(1), settle: part(0.33), end };
}

/** The act with this number, from 0; null: there is no time left for it. */
export function actAt(timing: Timing, index: number): Act | null {
  const round = Math.floor(index / 2);
  const killed = timing.first + round * timing.every;
  const revived = killed + timing.down;
  if (timing.end !== null && revived + timing.settle > timing.end) return null;
  // The second origin goes first: it is the one that every tenant has.
  const origin = timing.origins[(round + 1) % timing.origins.length];
  if (origin === undefined) return null;
  const isKill = index % 2 === 0;
  return { kind: isKill ? 'kill' : 'revive', origin, at: millis(isKill ? killed : revived) };
}

/** What happens next, in words; null: nothing. */
export function announce(act: Act | null, end: Millis | null, now: Millis): string | null {
  if (act !== null) {
    const what = act.kind === 'kill' ? 'is killed' : 'comes back';
    return `origin ${act.origin} ${what} ${countdown(act.at - now)}`;
  }
  return end === null ? null : `the demo ends ${countdown(end - now)}`;
}

function countdown(left: number): string {
  return left <= 0 ? 'now' : `in ${Math.ceil(left / 1000)}s`;
}
