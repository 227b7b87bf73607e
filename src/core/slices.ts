// Work that is done in slices, so that whoever has a request in the meantime is served between two of them.
import type { Clock } from './clock.ts';
import type { AfterEvents } from './turn.ts';
import { millis } from './units.ts';

/** Work in small steps: each `yield` is a place where it may rest. */
export type Steps<Result> = Generator<undefined, Result>;

// A request that comes meanwhile waits for one slice at most, and for the garbage of it. Shorter ones would only look at
// the sockets more often.
const SLICE = millis(4);

export type Pace = { readonly clock: Pick<Clock, 'now'>; readonly afterEvents: AfterEvents };

/** Does all of it within the call; for a gateway that serves nobody yet. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does it slice by slice. `isOver`: nobody wants it any more; null then. */
export async function inSlices<Result>(
  steps: Steps<Result>,
  { clock, afterEvents }: Pace,
  isOver: () => boolean,
): Promise<Result | null> {
  while (!isOver()) {
    const end = clock.now() + SLICE;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (clock.now() < end);
    await new Promise<void>((resolve) => afterEvents(resolve));
  }
  return null;
}
