// A backend that comes back gets its share little by little. Its caches are cold and its pools empty, so its whole
// share at once might take it down again.
import { type Millis, type Share, millis } from '../core/units.ts';

export type SlowStartSettings = {
  /** How long the ramp takes; 0: none. */
  readonly time: Millis;
  /** The part of its weight that it begins with. With none it would never be picked, and could not prove itself. */
  readonly min_share: Share;
};

// Balancers are told of each step, and between two of them the shares stand still.
const STEPS = 20;
const SMALLEST = 0.01;

/** The weight at `now` of a backend that came back at `returnedAt`; null: it has never been away, and has its full
 * weight. */
export function rampedWeight(
  weight: number,
  returnedAt: Millis | null,
  now: Millis,
  settings: SlowStartSettings,
): number {
  if (!isRamping(returnedAt, now, settings)) return weight;
  // Never 0: a backend that gets no requests cannot prove itself.
  return weight * Math.max(settings.min_share, SMALLEST, (now - returnedAt) / settings.time);
}

/** When the weight has changed enough to tell the balancer again; null: the ramp is over. */
export function nextRampStep(returnedAt: Millis | null, now: Millis, settings: SlowStartSettings): Millis | null {
  if (!isRamping(returnedAt, now, settings)) return null;
  const step = settings.time / STEPS;
  // Where `now` is a step itself, rounding may put it a little before that step. Without the addend the same step would
  // be scheduled again and again.
  const done = Math.floor((now - returnedAt) / step + 1e-6);
  return millis(returnedAt + (done + 1) * step);
}

function isRamping(returnedAt: Millis | null, now: Millis, settings: SlowStartSettings): returnedAt is Millis {
  return returnedAt !== null && now - returnedAt < settings.time;
}
