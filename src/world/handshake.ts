// Whether a TLS handshake is good enough for the one who asked for it.
import type { X509Certificate } from 'node:crypto';
import { errorCode } from '../core/connect-failure.ts';
import type { TlsClientOptions } from '../core/connector.ts';
import { certificateProblem, pinProblem } from '../core/tls-problem.ts';

type Wanted = Pick<TlsClientOptions, 'serverName' | 'rejectUnauthorized' | 'pins'>;

/** What is wrong with the peer; null: it is who it should be, or nobody wants to know. `certificate`: its own. */
export function handshakeProblem(
  success: boolean,
  error: Error | null,
  { serverName, rejectUnauthorized, pins }: Wanted,
  certificate: () => X509Certificate | undefined,
): Error | null {
  if (!isAccepted(success, error, rejectUnauthorized))
    return certificateProblem(error, certificate() ?? null, serverName) ?? new Error('the handshake failed');
  return pins === undefined ? null : pinsProblem(pins, certificate());
}

function isAccepted(success: boolean, error: Error | null, rejectUnauthorized: boolean): boolean {
  const isTrusted = success && (error === null || error === undefined);
  return isTrusted || (!rejectUnauthorized && (success || isDoubt(error)));
}

// Whether the handshake is complete and only the certificate is in doubt. The runtime reports both as failures. A doubtful
// certificate has a code of OpenSSL or Node.js (DEPTH_ZERO_SELF_SIGNED_CERT, ERR_TLS_CERT_ALTNAME_INVALID); a failed
// handshake has one of the system (EPROTO, ECONNRESET), or none.
function isDoubt(error: Error | null): boolean {
  const code = errorCode(error);
  return code !== null && !/^E[A-Z]+$/.test(code);
}

/** The same of its public key alone. */
export function pinsProblem(pins: readonly string[], certificate: X509Certificate | undefined): Error | null {
  const key = certificate?.publicKey.export({ type: 'spki', format: 'der' });
  const found = key === undefined ? 'none' : new Bun.CryptoHasher('sha256').update(key).digest('base64');
  return pins.includes(found) ? null : pinProblem(found);
}
