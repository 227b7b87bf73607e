// Measures how many nanoseconds a call of a function takes.
import { median, minimum } from './statistics.ts';

/** Nanoseconds for one call: the best series and the one in the middle. */
export type Timing = { readonly name: string; readonly best: number; readonly median: number };

const SERIES = 15;
const SERIES_NANOS = 20_000_000;

/**
 * Calls `step` in series of some 20 ms. It must return a number that depends on its work: the sum is kept, so that the
 * compiler cannot leave the work out.
 */
export function time(name: string, step: () => number): Timing {
  const calls = callsPerSeries(step);
  const nanos = Array.from({ length: SERIES }, () => nanosOf(step, calls) / calls);
  return { name, best: minimum(nanos), median: median(nanos) };
}

/** The sum of all that the steps returned. */
export function checksum(): number {
  return sum;
}

let sum = 0;

// Doubles the calls until a series is long enough, which also warms up the step.
function callsPerSeries(step: () => number): number {
  let calls = 1000;
  while (nanosOf(step, calls) < SERIES_NANOS) calls *= 2;
  return calls;
}

function nanosOf(step: () => number, calls: number): number {
  const start = Bun.nanoseconds();
  for (let call = 0; call < calls; call++) sum += step();
  return Bun.nanoseconds() - start;
}
