// Whether a TLS handshake is good enough for the one who asked for it.
import { errorCode } from '../core/connect-failure.ts';

/** True if the peer is who it should be, or nobody wants to know. */
export function isAccepted(success: boolean, error: Error | null, rejectUnauthorized: boolean): boolean {
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
