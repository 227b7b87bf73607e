// Which failure it is when a backend ends a stream before its response has.
import { type Failure, failure, failureBecause } from '../../core/failure.ts';
import { REFUSED_STREAM } from '../../http2/frames.ts';
import type { Phase } from './contract.ts';

const HTTP_1_1_REQUIRED = 13;

// RFC 9113 7.
const NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** The name of an error code. */
export function errorName(code: number): string {
  return NAMES[code] ?? `error ${code}`;
}

/** Nothing of the request was processed (RFC 9113 8.7). */
export function unprocessed(reason: string): Failure {
  return failureBecause('stream-refused', reason);
}

/** What it is when the backend breaks off what it has begun; null: it has begun nothing. */
export function cutFailure(phase: Phase): Failure | null {
  if (phase === 'tunnel') return failure('tunnel-cut');
  return phase === 'body' ? failure('response-cut') : null;
}

/** Why there is no response. */
export function resetFailure(code: number): Failure {
  const reason = `the backend has reset the stream with ${errorName(code)}`;
  if (code === REFUSED_STREAM || code === HTTP_1_1_REQUIRED) return unprocessed(reason);
  return failureBecause('reset', reason);
}
