// How a backend and the gateway prove to each other who they are: settings of a service.
import { z } from 'zod';
import type { KeyPair } from '../core/certificate-source.ts';
import { err, ok } from '../core/result.ts';
import { flag, text } from '../core/settings.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { contradict } from '../policies/contradiction.ts';
import { filePath } from './fields.ts';
import { parseHostName } from './host-name.ts';

const serverName = text<string>({
  type: 'host name',
  expected: 'the name of a host, without a port',
  parse(value) {
    if (value.startsWith('[')) return err({ message: '{value} is in brackets, which no certificate has' });
    const host = parseHostName(value);
    // A port would not matter to hosts of requests, which the sentence goes on about.
    return host.ok ? host : err({ message: host.error.replace(/: requests match .*$/, '') });
  },
});

const PIN = /^[A-Za-z0-9+/]{43}=$/;

const pin = text<string>({
  type: 'SHA-256 in Base64',
  expected: 'the SHA-256 of a public key in Base64: 44 characters',
  parse: (value) => (PIN.test(value) ? ok(value) : err({ message: '{value} is not the SHA-256 of a public key' })),
});

const MOST_PINS = 16;

const settings = z.strictObject({
  ca_file: optional(
    filePath,
    'PEM file with the certificates of the authorities that may vouch for the backend, instead of those of the system. It is read at the start and with each reload.',
  ),
  server_name: optional(
    serverName,
    'The name that is asked for (SNI) and that the certificate must be for. Absent: the host of the URL.',
  ),
  insecure_skip_verify: defaulted(
    flag,
    'Whether any certificate is taken, or one for another name. Whoever can answer in the place of the backend then reads and changes all that is sent.',
    { value: false, reason: 'TLS with an unknown peer protects from nobody who matters.' },
  ),
  cert_file: optional(
    filePath,
    'PEM file with the certificate by which the gateway proves to the backend who it is, followed by those of its issuers. It is read at the start and with each reload.',
  ),
  key_file: optional(filePath, 'PEM file with the key of that certificate, not encrypted.'),
  pins: defaulted(
    z.array(described(pin, 'A public key.')).max(MOST_PINS),
    'The public keys of which the backend must have one, each as the SHA-256 of its SubjectPublicKeyInfo in Base64; whether or not its certificate is verified.',
    { value: [], reason: 'a certificate of an authority that is trusted is proof enough for most.' },
  ),
});

export const backendTls = settings.superRefine((given, context) => {
  const [cert = null, key = null] = [given.cert_file, given.key_file];
  if ((cert === null) === (key === null)) return;
  const [at, other] = cert === null ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
  contradict(given, context, { at, message: `stands without ${other}`, expected: 'both, or neither' });
});

/** PEM texts of authorities by the names of their files. */
export type Authorities = ReadonlyMap<string, string>;

/** Certificates of the gateway for backends, with their keys, by `pairName`. */
export type OwnPairs = ReadonlyMap<string, KeyPair>;

export function pairName(certFile: string, keyFile: string): string {
  return `${certFile}\n${keyFile}`;
}
