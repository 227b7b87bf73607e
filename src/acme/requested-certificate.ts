// The request for a certificate (PKCS #10, RFC 2986), and the certificate that answers a challenge of TLS-ALPN-01 (RFC 8737).
import { type KeyObject, createHash, createPublicKey, randomBytes, sign } from 'node:crypto';
import { TAG, bitString, context, der, integer, objectIdentifier, sequence } from './der.ts';
import { toPem } from './pem.ts';

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const EXTENSION_REQUEST = objectIdentifier('1.2.840.113549.1.9.14');
const SUBJECT_ALT_NAME = objectIdentifier('2.5.29.17');
const ACME_IDENTIFIER = objectIdentifier('1.3.6.1.5.5.7.1.31');
const COMMON_NAME = objectIdentifier('2.5.4.3');
const DNS_NAME = 2;
const IS_CRITICAL = Uint8Array.of(0x01, 0x01, 0xff);
const VERSION_1 = integer(Uint8Array.of(0));
const VERSION_3 = context(0, true, integer(Uint8Array.of(2)));
const NOBODY = sequence();
const WEEK = 7 * 86_400_000;

/** A request for one certificate for all of the names, by an ECDSA key, in DER. */
export function certificateRequest(names: readonly string[], key: KeyObject): Buffer {
  const extensions = sequence(subjectAltName(names));
  const attributes = context(0, true, sequence(EXTENSION_REQUEST, der(TAG.set, extensions)));
  return signed(sequence(VERSION_1, NOBODY, publicKeyOf(key), attributes), key);
}

/** PEM. `keyAuthorization`: what RFC 8555 8.1 says; `now`: milliseconds since 1970. */
export function challengeCertificate(name: string, keyAuthorization: string, key: KeyObject, now: number): string {
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const proof = sequence(ACME_IDENTIFIER, IS_CRITICAL, der(TAG.octetString, der(TAG.octetString, digest)));
  const subject = sequence(der(TAG.set, sequence(COMMON_NAME, der(TAG.utf8String, Buffer.from('ACME challenge')))));
  const validity = sequence(utcTime(now - WEEK), utcTime(now + WEEK));
  const extensions = context(3, true, sequence(subjectAltName([name]), proof));
  const serial = integer(randomBytes(16).map((byte, at) => (at === 0 ? (byte & 0x3f) | 0x40 : byte)));
  const body = sequence(VERSION_3, serial, ECDSA_WITH_SHA256, subject, validity, subject, publicKeyOf(key), extensions);
  return toPem('CERTIFICATE', signed(body, key));
}

function subjectAltName(names: readonly string[]): Buffer {
  const all = sequence(...names.map((name) => context(DNS_NAME, false, Buffer.from(name, 'latin1'))));
  return sequence(SUBJECT_ALT_NAME, der(TAG.octetString, all));
}

function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function signed(body: Buffer, key: KeyObject): Buffer {
  return sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, key)));
}

function utcTime(time: number): Buffer {
  const text = new Date(time).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(TAG.utcTime, Buffer.from(`${text}Z`, 'latin1'));
}
