// Certificates and their keys, from the files that a configuration names.
import { type X509Certificate, createPrivateKey } from 'node:crypto';
import type { Certificate, CertificateFacts } from '../core/certificate.ts';
import { type Result, err, ok } from '../core/result.ts';
import { bytes } from '../core/units.ts';
import { certificatesIn, doubtsAbout } from './certificate-chain.ts';
import type { Finding } from './finding.ts';
import type { Path } from './problems.ts';
import { type ReadFile, codeOf, readLimited } from './read-file.ts';

/** A certificate with all its issuers has a few KiB. */
const LARGEST_PEM = bytes(1024 * 1024);

/** Both may be the same file. */
export type TlsFiles = { readonly certFile: string; readonly keyFile: string };

/** `doubts`: why clients may refuse it, each a sentence in which `{value}` stands for the file of the certificate. */
export type ReadPair = { readonly certificate: Certificate; readonly doubts: readonly string[] };

/** Reads both, if they belong together. In the message of a finding, `{value}` stands for the file that `path` names, below
 * `above`. */
export async function readTlsFiles(
  { certFile, keyFile }: TlsFiles,
  readFile: ReadFile,
  above: Path = ['tls'],
): Promise<Result<ReadPair, readonly Finding[]>> {
  const [certificate, key] = await Promise.all([
    readPem(certFile, certificatesIn, CERTIFICATE, readFile),
    readPem(keyFile, createPrivateKey, KEY, readFile),
  ]);
  const findings: Finding[] = [];
  if (!certificate.ok) findings.push({ path: [...above, CERTIFICATE.key], ...certificate.error });
  if (!key.ok) findings.push({ path: [...above, KEY.key], ...key.error });
  if (!certificate.ok || !key.ok) return err(findings);
  const chain = certificate.value.parsed;
  const at = chain.findIndex((one) => one.checkPrivateKey(key.value.parsed));
  const [first] = chain;
  if (at < 0 || first === undefined) {
    const message = '{value} holds the key of another certificate than the one in cert_file';
    return err([{ path: [...above, KEY.key], message }]);
  }
  if (at > 0) {
    const message = `{value} has its certificates in the wrong order: the key is that of number ${at + 1}, which must be the first`;
    return err([{ path: [...above, CERTIFICATE.key], message }]);
  }
  const unusable = await whyUnusable(certificate.value.pem);
  if (unusable !== null) return err([{ path: [...above, CERTIFICATE.key], ...unusable }]);
  const keyType = key.value.parsed.asymmetricKeyType ?? 'unknown';
  const facts = { ...factsOf(certFile, first), keyType };
  return ok({
    certificate: { cert: certificate.value.pem, key: key.value.pem, facts },
    doubts: doubtsAbout(chain),
  });
}

/** The findings in one line, with the names of the files. */
export function describeTlsFindings({ certFile, keyFile }: TlsFiles, findings: readonly Finding[]): string {
  const file = ({ path }: Finding): string => (path.at(-1) === KEY.key ? keyFile : certFile);
  return findings.map((finding) => finding.message.replaceAll('{value}', file(finding))).join('; ');
}

function factsOf(file: string, certificate: X509Certificate): Omit<CertificateFacts, 'keyType'> {
  return {
    file,
    names: namesOf(certificate),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    fingerprint: certificate.fingerprint256,
    validFrom: Date.parse(certificate.validFrom),
    expires: Date.parse(certificate.validTo),
  };
}

// Clients look at the alternative names alone. A certificate without any is for nobody but programs that do not look.
function namesOf({ subject, subjectAltName = '' }: X509Certificate): readonly string[] {
  const names = Array.from(subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^,]+)/g), ([, name = '']) => name);
  if (names.length > 0) return names;
  const [, commonName = subject] = /(?:^|\n)CN=(.*)/.exec(subject) ?? [];
  return [commonName];
}

type PemKind = { readonly key: string; readonly label: RegExp; readonly what: string; readonly expected: string };
type Pem<T> = { readonly pem: string; readonly parsed: T };
type Wrong = Pick<Finding, 'message' | 'expected'>;

const CERTIFICATE: PemKind = {
  key: 'cert_file',
  label: /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/,
  what: 'certificate',
  expected: 'a PEM file that begins with the certificate of the gateway',
};
const KEY: PemKind = {
  key: 'key_file',
  label: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  what: 'private key',
  expected: 'a PEM file with a private key that is not encrypted',
};

async function readPem<T>(
  file: string,
  parse: (pem: string) => T,
  { label, expected, what }: PemKind,
  readFile: ReadFile,
): Promise<Result<Pem<T>, Wrong>> {
  const content = await readLimited(file, LARGEST_PEM, readFile);
  if (!content.ok) return err({ message: `{value} ${content.error}` });
  const pem = new TextDecoder().decode(content.value);
  if (/ENCRYPTED/.test(pem)) return err({ message: '{value} is encrypted', expected });
  if (!label.test(pem)) return err({ message: `{value} has no ${what} in PEM`, expected });
  try {
    return ok({ pem, parsed: parse(pem) });
  } catch (cause) {
    return err(wrongOf(cause, expected));
  }
}

// BoringSSL's code for RSA-PSS, Ed448 and unusual curves.
const UNSUPPORTED = 'ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM';

// Do not show the parser's message: it is about its internals, and might quote the key.
function wrongOf(cause: unknown, expected: string): Wrong {
  const message = codeOf(cause) === UNSUPPORTED ? '{value} is of a kind that TLS does not take' : '{value} is damaged';
  return { message, expected };
}

// A listener may refuse what can be parsed. node:tls takes milliseconds to load, so only a configuration with TLS loads it.
async function whyUnusable(pem: string): Promise<Wrong | null> {
  const { createSecureContext } = await import('node:tls');
  try {
    createSecureContext({ cert: pem });
    return null;
  } catch (cause) {
    return wrongOf(cause, CERTIFICATE.expected);
  }
}
