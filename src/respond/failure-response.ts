// The only place where a failure becomes a status.
import type { Failure, FailureCode } from '../core/failure.ts';
import { ascii } from '../message/bytes.ts';
import type { LocalResponse } from '../message/local-response.ts';

const STATUS: Readonly<Record<FailureCode, number>> = {
  'request-malformed': 400,
  'path-ambiguous': 400,
  'method-refused': 405,
  'request-timeout': 408,
  'request-body-too-large': 413,
  'request-target-too-long': 414,
  'expectation-unknown': 417,
  'request-head-too-large': 431,
  'client-gone': 499, // for the log only: nobody is left to read it
  'request-encoding': 501,
  'request-version': 505,
  'no-route': 404,
  internal: 500,
  'connect-refused': 502,
  'connect-failed': 502,
  'tls-failed': 502,
  reset: 502,
  'response-malformed': 502,
  'response-cut': 502,
  'response-idle': 502,
  'none-eligible': 503,
  'queue-full': 503,
  'queue-timeout': 503,
  'connect-timeout': 504,
  'first-byte-timeout': 504,
  'request-stalled': 504,
  'exchange-timeout': 504,
};

// In seconds: as long as a probe takes to notice that a backend is back.
const RETRY_AFTER = '1';
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** A complete response for a failure. */
export function failureResponse(failure: Failure): LocalResponse {
  const status = STATUS[failure.code];
  const headers: (readonly [string, string])[] = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Cache-Control', 'no-store'],
  ];
  if (status === 503) headers.push(['Retry-After', RETRY_AFTER]);
  if (status === 405) headers.push(['Allow', METHODS]);
  return { status, headers, body: ascii(`${status} ${failure.code}: ${failure.detail}\n`) };
}
