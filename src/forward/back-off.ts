// How long to wait before asking again: anything from nothing to a limit that doubles ("full jitter"), so that those who
// failed together do not come back together.
import type { BackOffSettings } from '../config/retry.ts';
import { type Millis, millis } from '../core/units.ts';

/** The wait before the next attempt, after `attempts` that failed. `random`: from 0 to below 1. */
export function backOff(attempts: number, random: number, settings: BackOffSettings): Millis {
  return millis(random * Math.min(settings.max, settings.base * 2 ** (attempts - 1)));
}
