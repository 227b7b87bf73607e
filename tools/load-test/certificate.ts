// Makes a self-signed certificate on any machine. The platform makes the key and the signature; the rest is one fixed
// structure (RFC 5280), for which the twenty packages of an ASN.1 library are not needed.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export type CertificateNames = { readonly domains: readonly string[]; readonly addresses: readonly string[] };

/** PEM texts. */
export type KeyPair = { readonly certificate: string; readonly key: string };

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  time: 0x17,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  ipAddress: 0x87,
  version: 0xa0,
  extensions: 0xa3,
} as const;

// DER encodings that never change.
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');
const SUBJECT_ALTERNATIVE_NAME = Buffer.from('551d11', 'hex');
const VERSION_3 = Buffer.from([2]);

const DAY = 86_400_000;

/** A certificate for the names, on a P-256 key, valid from yesterday to tomorrow. `now`: milliseconds since 1970. */
export function makeCertificate(names: CertificateNames, now: number): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(node(TAG.objectId, ECDSA_WITH_SHA256));
  const name = distinguishedName(names.domains[0] ?? 'localhost');
  const body = sequence(
    node(TAG.version, node(TAG.integer, VERSION_3)),
    node(TAG.integer, serialNumber()),
    algorithm,
    name,
    sequence(time(now - DAY), time(now + DAY)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    node(TAG.extensions, sequence(alternativeNames(names))),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, bitString(signature));
  return { certificate: pem(certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(node(TAG.objectId, COMMON_NAME), node(TAG.utf8, Buffer.from(commonName)));
  return sequence(node(TAG.set, attribute));
}

function alternativeNames({ domains, addresses }: CertificateNames): Buffer {
  const names = sequence(
    ...domains.map((domain) => node(TAG.dnsName, Buffer.from(domain))),
    ...addresses.map((address) => node(TAG.ipAddress, Buffer.from(address.split('.').map(Number)))),
  );
  return sequence(node(TAG.objectId, SUBJECT_ALTERNATIVE_NAME), node(TAG.octetString, names));
}

// A serial number must be positive and have no leading zeros (RFC 5280 4.1.2.2).
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x3f) | 0x40;
  return bytes;
}

// `yymmddhhmmssZ` (UTCTime), for years up to 2049.
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return node(TAG.time, Buffer.from(`${digits}Z`));
}

function bitString(bytes: Buffer): Buffer {
  return node(TAG.bitString, Buffer.from([0]), bytes);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return node(TAG.sequence, ...parts);
}

function node(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(count: number): Buffer {
  if (count < 0x80) return Buffer.from([count]);
  return count < 0x100 ? Buffer.from([0x81, count]) : Buffer.from([0x82, count >> 8, count & 0xff]);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
