// What is wrong with TLS to a peer, in words that say what to do about it.
import { TlsProblem, errorCode } from './connect-failure.ts';

/** What a peer's certificate says of itself. */
export type PeerCertificate = {
  /** As the runtime tells them: `DNS:a.test, IP Address:10.0.0.1`; absent: none. */
  readonly subjectAltName?: string | undefined;
  readonly issuer: string;
  readonly validFrom: string;
  readonly validTo: string;
};

const MOST_NAMES = 5;
const STRANGERS = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Why the runtime refuses a certificate. `serverName`: whom it should be for. */
export function certificateProblem(
  error: unknown,
  certificate: PeerCertificate | null,
  serverName: string,
): Error | null {
  const code = errorCode(error);
  const words = code === null || certificate === null ? null : wordsOf(code, certificate, serverName);
  if (words !== null) return new TlsProblem(`${words} (${code})`, { cause: error });
  return refusalOf(error) ?? (error instanceof Error ? error : null);
}

function wordsOf(code: string, certificate: PeerCertificate, serverName: string): string | null {
  const { issuer, validFrom, validTo } = certificate;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `its certificate has expired at ${isoTime(validTo)}`;
    case 'CERT_NOT_YET_VALID':
      return `its certificate is not valid before ${isoTime(validFrom)}`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for ${namesOf(certificate)}, not for ${serverName}`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'its certificate is self-signed, and not among those of ca_file';
    case 'CERT_REVOKED':
      return 'its certificate has been revoked';
    default:
      return STRANGERS.has(code)
        ? `its certificate is from an unknown authority: ${issuer.replaceAll('\n', ', ')}`
        : null;
  }
}

function namesOf({ subjectAltName = '' }: PeerCertificate): string {
  const names = Array.from(subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^,]+)/g), ([, name = '']) => name);
  if (names.length === 0) return 'no host';
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}

function isoTime(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}

/** The peer has another public key than it should. */
export function pinProblem(found: string): TlsProblem {
  return new TlsProblem(`its public key is none of those in pins: it is ${found}`);
}

// The names of alerts (RFC 8446 6.2) by which a peer refuses the certificate of the gateway, or that it has none.
const REFUSALS: Readonly<Record<string, string>> = {
  CERTIFICATE_REQUIRED: 'it wants a certificate of the gateway, and got none it takes: see cert_file',
  UNKNOWN_CA: 'it does not know the authority of the certificate in cert_file',
  BAD_CERTIFICATE: 'it refuses the certificate in cert_file',
  UNSUPPORTED_CERTIFICATE: 'it does not take certificates of the kind in cert_file',
  CERTIFICATE_REVOKED: 'it says that the certificate in cert_file has been revoked',
  CERTIFICATE_EXPIRED: 'it says that the certificate in cert_file has expired',
  CERTIFICATE_UNKNOWN: 'it refuses the certificate in cert_file',
  ACCESS_DENIED: 'it gives the certificate in cert_file no access',
};

/** With TLS 1.3 a peer refuses the gateway's certificate after the handshake, by an alert: the error of the socket then. Null: it
 * is another error. */
export function refusalOf(error: unknown): TlsProblem | null {
  const [, alert = ''] = error instanceof Error ? (/ALERT_([A-Z_]+)/.exec(error.message) ?? []) : [];
  const words = REFUSALS[alert];
  return words === undefined ? null : new TlsProblem(`${words} (${alert.toLowerCase()})`, { cause: error });
}

/** Whether the error is one of TLS itself, which the peer or the network has caused. */
export function isTlsError(error: unknown): boolean {
  return errorCode(error) === 'EPROTO';
}
