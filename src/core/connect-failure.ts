// What the runtime says of a connection that did not come about, as a failure.
import { type Failure, failure } from './failure.ts';

// What the runtime's TLS calls a certificate or handshake that it does not take.
const TLS = /CERT|TLS|SSL|SIGNED|ALTNAME|ISSUER/;
const REFUSED = new Set(['ECONNREFUSED', 'ConnectionRefused']);

/** The failure for an error of a connect; its detail names the system's error code, never the address. */
export function connectFailure(error: unknown): Failure {
  const code = errorCode(error);
  if (code !== null && REFUSED.has(code)) return failure('connect-refused');
  if (code !== null && TLS.test(code)) {
    return failure('tls-failed', `The TLS handshake with the backend failed: ${code}.`);
  }
  return code === null
    ? failure('connect-failed')
    : failure('connect-failed', `The backend could not be reached: ${code}.`);
}

/** The failure of a socket that never opened. */
export function dialFailure(error: unknown, step: 'connect' | 'handshake'): Failure {
  if (step === 'connect') return connectFailure(error);
  return failure('tls-failed', error instanceof Error ? `TLS with the backend failed: ${error.message}` : undefined);
}

/** The system's or runtime's name for an error; null: it has none. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
