// What a failed attempt says of its backend: the only table of it.
import type { FailureCode } from '../core/failure.ts';
import type { OutlierCause } from './outlier.ts';

/** What a failure is held for, and whether it counts like a failed probe: then no answer had begun, and the backend could
 * not be reached or has gone. */
export type FailureEvidence = { readonly cause: OutlierCause; readonly countsAsProbe: boolean };

const EVIDENCE: Partial<Readonly<Record<FailureCode, FailureEvidence>>> = {
  'connect-refused': { cause: 'connect', countsAsProbe: true },
  'connect-failed': { cause: 'connect', countsAsProbe: true },
  'connect-timeout': { cause: 'connect', countsAsProbe: true },
  'tls-failed': { cause: 'connect', countsAsProbe: true },
  reset: { cause: 'reset', countsAsProbe: true },
  'first-byte-timeout': { cause: 'timeout', countsAsProbe: false },
  'response-idle': { cause: 'timeout', countsAsProbe: false },
  'request-stalled': { cause: 'timeout', countsAsProbe: false },
  'response-malformed': { cause: 'malformed', countsAsProbe: false },
  // A health page that is well says nothing of answers that break off.
  'response-cut': { cause: 'malformed', countsAsProbe: false },
};

/** Null: it says nothing of the backend: the client's doing, or the gateway's own. */
export function evidenceOf(code: FailureCode): FailureEvidence | null {
  return EVIDENCE[code] ?? null;
}
