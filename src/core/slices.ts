// Does long work in slices, so that requests are served between two of them.
import type { Clock } from './clock.ts';
import type { AfterEvents } from './turn.ts';
import { type Millis, millis } from './units.ts';

/** Work in small steps. At each `yield` it may be interrupted. */
export type Steps<Result> = Generator<undefined, Result>;

// A request that comes meanwhile waits for one slice at most, and for the collection of its garbage. Shorter slices would
// only make the event loop look at the sockets more often.
const SLICE = millis(4);
// Of what operators look at every few seconds: an exchange has two or three turns, and waits in each.
const SHORT = millis(2);

export type Pace = { readonly clock: Pick<Clock, 'now'>; readonly afterEvents: AfterEvents };

/** Does all of the work within the call; for a gateway that does not serve requests yet. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does the work slice by slice. Ends early, with null, when `isOver` says that the result is no longer wanted. */
export function inSlices<Result>(steps: Steps<Result>, pace: Pace, isOver: () => boolean): Promise<Result | null> {
  return inSlicesOf(SLICE, steps, pace, isOver);
}

/** For work that is to be felt even less; it takes a little longer. */
export function inShortSlices<Result>(steps: Steps<Result>, pace: Pace, isOver: () => boolean): Promise<Result | null> {
  return inSlicesOf(SHORT, steps, pace, isOver);
}

async function inSlicesOf<Result>(
  slice: Millis,
  steps: Steps<Result>,
  { clock, afterEvents }: Pace,
  isOver: () => boolean,
): Promise<Result | null> {
  while (!isOver()) {
    const end = clock.now() + slice;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (clock.now() < end);
    await new Promise<void>((resolve) => afterEvents(resolve));
  }
  return null;
}
