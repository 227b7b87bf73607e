// The phases of a connection to a backend, and which failure it is when the connection ends or takes too long in each.
import { type Failure, failure } from '../../core/failure.ts';
import { malformedResponse } from '../../http1/refusals.ts';

/** connecting: no socket yet, or TLS is not done; idle: kept for the next exchange; request: no byte of a response has
 * come; head: a part of a response's head has; body: a response is on its way; tunnel: the protocol has changed. */
export type Phase = 'connecting' | 'idle' | 'request' | 'head' | 'body' | 'tunnel' | 'closed';

/** The socket was closed. */
export function closeFailure(phase: Phase): Failure {
  switch (phase) {
    case 'connecting':
      return failure('connect-failed');
    case 'request':
    case 'idle':
    case 'closed':
      return failure('reset');
    case 'head':
      return malformedResponse('the connection has ended in the middle of its head');
    case 'body':
      return failure('response-cut');
    case 'tunnel':
      return failure('tunnel-cut');
  }
}

/** A deadline has passed. `requestDone`: all of the request has been handed over. */
export function timeoutFailure(phase: Phase, requestDone: boolean): Failure {
  switch (phase) {
    case 'connecting':
      return failure('connect-timeout');
    case 'request':
    case 'head':
    case 'idle':
    case 'closed':
      return failure(requestDone ? 'first-byte-timeout' : 'request-stalled');
    case 'body':
      return failure('response-idle');
    case 'tunnel':
      return failure('tunnel-idle');
  }
}
