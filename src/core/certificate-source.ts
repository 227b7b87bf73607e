// What TLS connections are served with, by the name that their clients ask for.
import type { Millis } from './units.ts';

/** A certificate, followed by those of its issuers, and its key. PEM texts. */
export type KeyPair = { readonly cert: string; readonly key: string };

/** Which versions and ciphers are spoken. */
export type TlsPolicy = {
  readonly minVersion: '1.2' | '1.3';
  /** Names of OpenSSL's, the best first, for versions before 1.3; null: the usual ones. */
  readonly ciphers: readonly string[] | null;
  /** Clients may take up an earlier session. */
  readonly sessionTickets: boolean;
};

/** Whether clients are asked for a certificate; with `require` they get nowhere without one. `ca`: who may have issued it. */
export type ClientAuth = { readonly mode: 'request' | 'require'; readonly ca: string };

/** What a connection of one name is served with. Compared by identity: the same object, the same rules. */
export type ServedCertificate = {
  /** One or two: ECDSA and RSA beside each other. */
  readonly pairs: readonly KeyPair[];
  readonly policy: TlsPolicy;
  /** Null: nobody is asked. */
  readonly clientAuth: ClientAuth | null;
};

/** A client waits for a certificate. */
export type CertificateWait = {
  /** For so long at the most. */
  readonly most: Millis;
  /** It waits no more: `come` is not called. */
  readonly end: () => void;
};

/** The certificates of the moment, for handshakes that begin. */
export interface CertificateSource {
  /** `serverName`: in lower case, without a final dot; null: the client names none. Null: there is none for it. */
  find(serverName: string | null): ServedCertificate | null;
  /** A certificate for that name may be got for the client that asks for it: `come` is called once, when it is there or will not be.
   * Null: there is nothing to wait for. */
  awaits(serverName: string, come: () => void): CertificateWait | null;
  /** For the protocol acme-tls/1 (RFC 8737). Null: no such challenge is open. */
  challenge(serverName: string): KeyPair | null;
}

/** Mozilla's intermediate for TLS 1.2, the best first, without those of finite fields, which the runtime does not have. TLS 1.3 has
 * its own ciphers, which cannot be chosen and are all good. */
export const INTERMEDIATE_CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const;

/** Mozilla's intermediate. */
export const INTERMEDIATE: TlsPolicy = { minVersion: '1.2', ciphers: null, sessionTickets: true };
