// Which failures of requests speak of a backend's health, as failed probes do.
import type { FailureCode } from '../core/failure.ts';

// It could not be reached, or went away before it answered. What it answers badly or late is for outlier ejection alone: a
// health page that is well says nothing about it.
const OF_HEALTH: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'connect-refused',
  'connect-failed',
  'connect-timeout',
  'tls-failed',
  'reset',
]);

/** True if a failed attempt counts like a failed probe. */
export function speaksOfHealth(code: FailureCode): boolean {
  return OF_HEALTH.has(code);
}
