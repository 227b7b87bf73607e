// The classes in which failures are counted.
import { type FailureCode, failureCodes } from '../../core/failure.ts';
import { MOST_FAILURES, RETRY_REASONS } from '../../core/series-layout.ts';

type Reason = (typeof RETRY_REASONS)[number];

const REASONS: Partial<Readonly<Record<FailureCode, Reason>>> = {
  'connect-refused': 'connect',
  'connect-failed': 'connect',
  'connect-timeout': 'connect',
  'name-not-resolved': 'connect',
  'gateway-exhausted': 'connect',
  'tls-failed': 'tls',
  reset: 'reset',
  'response-cut': 'reset',
  'request-stalled': 'reset',
  'stream-refused': 'refused',
  'call-unavailable': 'refused',
  'first-byte-timeout': 'timeout',
  'backend-doubted': 'timeout',
  'response-idle': 'timeout',
  'response-malformed': 'malformed',
  'response-head-too-large': 'malformed',
};

/** In which class a retry is counted, by what became of the attempt before it. */
export function reasonNumber(outcome: number | FailureCode): number {
  const reason = typeof outcome === 'number' ? 'status' : (REASONS[outcome] ?? 'other');
  return RETRY_REASONS.indexOf(reason);
}

const numbers = new Map<FailureCode, number>(failureCodes.map((code, number) => [code, number]));

/** Where exchanges with that failure are counted. */
export function failureNumber(code: FailureCode): number {
  return Math.min(numbers.get(code) ?? 0, MOST_FAILURES - 1);
}
