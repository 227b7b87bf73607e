// When a backend has fallen silent: requests wait for it, and not a byte has come from it for much longer than its
// answers usually take, while others of its pool answer. This is only a suspicion. A probe with a short timeout
// decides, because all requests to a backend may be slow ones, and a slow endpoint is no reason to take a backend out.
import { type Millis, millis } from '../core/units.ts';

/** Shorter silences are not looked at: a garbage collection or a busy machine explains them. Together with the timeout
 * of the deciding probe, a request to a frozen backend is free to go elsewhere after some 600 ms. */
export const LEAST_SILENCE = millis(200);

// How many times longer than its usual answers a silence must be. Beyond that the backend is more likely gone than
// slow.
const PATIENCE = 4;
// After every suspicion the silence must be twice as long for the next one, up to 2 ** 6 times. So a backend that has
// only slow requests is probed a few times in all, and not again and again.
const MOST_DOUBLINGS = 6;

/** What a suspicion depends on. */
export type SilenceFacts = {
  /** How long requests have waited without a byte from the backend. */
  readonly silent: Millis;
  /** Nearly all of its recent answers began within this time; null: there was none. */
  readonly usual: Millis | null;
  /** How often it has been suspected since its latest byte. */
  readonly suspicions: number;
  /** Another backend of the pool serves and is not silent. */
  readonly hasOther: boolean;
};

/** Whether a probe is to decide. */
export function isSuspect({ silent, usual, suspicions, hasOther }: SilenceFacts): boolean {
  const patience = Math.max(LEAST_SILENCE, PATIENCE * (usual ?? 0));
  return hasOther && silent >= patience * 2 ** Math.min(suspicions, MOST_DOUBLINGS);
}

// A running program answers its health page sooner than this, even on a busy machine.
const LEAST_TIMEOUT = millis(300);
const USUAL_TIMES = 5;

/** How long the deciding probe may take. `usual`: how long probes of this backend take; `timeout`: that of its check. */
export function decidingTimeout(usual: Millis | null, timeout: Millis): Millis {
  return millis(Math.min(timeout, Math.max(LEAST_TIMEOUT, Math.ceil(USUAL_TIMES * (usual ?? 0)))));
}

// A single probe that was slow by chance must not make the deciding ones slow for long.
const RISE = 0.1;
const FALL = 0.5;

/** How long probes of a backend usually take, after one more that took `duration`. */
export function usualProbeTime(usual: Millis | null, duration: Millis): Millis {
  if (usual === null) return duration;
  return millis(usual + (duration > usual ? RISE : FALL) * (duration - usual));
}
