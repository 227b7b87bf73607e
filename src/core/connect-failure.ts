// Turns the runtime's error for a connection that could not be opened into a failure.
import { type Failure, failure, failureBecause } from './failure.ts';
import { Shortage } from './shortage.ts';

// Matches the runtime's error codes for a certificate or handshake that it refuses.
const TLS = /CERT|TLS|SSL|SIGNED|ALTNAME|ISSUER/;
const REFUSED = new Set(['ECONNREFUSED', 'ConnectionRefused']);

// Of Unix sockets.
const SOCKET_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'The socket of the backend does not exist (ENOENT).',
  EACCES: 'The gateway may not connect to the socket of the backend (EACCES).',
};

/** There is no address to connect to, since the name of the host has never been resolved. */
export class NameNotResolved extends Error {
  constructor(name: string, why: string) {
    super(`${name} is not resolved: ${why}`);
  }
}

/** TLS with a peer did not come about, or was ended because of a certificate. The message is for people. */
export class TlsProblem extends Error {}

/** The failure for an error in connecting. Its reason names the system's error code. */
export function connectFailure(error: unknown): Failure {
  if (error instanceof NameNotResolved) return failureBecause('name-not-resolved', error.message);
  if (error instanceof Shortage) return failureBecause('gateway-exhausted', error.message);
  if (error instanceof TlsProblem) return dialFailure(error, 'handshake');
  const code = errorCode(error);
  if (code !== null && REFUSED.has(code)) return failure('connect-refused');
  if (code !== null && TLS.test(code)) {
    const why = error instanceof Error && error.message !== '' ? `${error.message} (${code})` : code;
    return failureBecause('tls-failed', `The TLS handshake with the backend failed: ${why}.`);
  }
  return code === null
    ? failure('connect-failed')
    : failureBecause('connect-failed', SOCKET_ERRORS[code] ?? `The backend could not be reached: ${code}.`);
}

/** The failure for a socket that never opened; `step` is where it failed. */
export function dialFailure(error: unknown, step: 'connect' | 'handshake'): Failure {
  if (step === 'connect') return connectFailure(error);
  if (!(error instanceof Error)) return failure('tls-failed');
  return failureBecause('tls-failed', `TLS with the backend failed: ${error.message}`);
}

/** The error code of the system or the runtime; null if the error has none. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
