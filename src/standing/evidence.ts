// What a failed attempt says of its backend: the only table of it.
import type { FailureCode } from '../core/failure.ts';
import type { OutlierCause } from './outlier.ts';

/** What a failure counts as against its backend, and whether it counts like a failed probe as well: it does where the
 * backend could not be reached, or closed the connection before an answer began. */
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
  'call-unavailable': { cause: '5xx', countsAsProbe: false },
  // Not like a probe: a backend whose answers break off may have a health page that is well.
  'response-cut': { cause: 'malformed', countsAsProbe: false },
};

/** Null: it is no evidence against the backend, because the client or the gateway caused it. */
export function evidenceOf(code: FailureCode): FailureEvidence | null {
  return EVIDENCE[code] ?? null;
}
