// A configuration from a file, and the files that it names.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { type Result, err, ok } from '../core/result.ts';
import { type Bytes, bytes, formatSize } from '../core/units.ts';
import type { Environment } from './environment.ts';
import type { Finding } from './finding.ts';
import { type ParsedConfig, parseConfig } from './parse.ts';
import { type Path, type Problem, fileProblem } from './problems.ts';

/** Reads a file, or rejects with the system's error and its `code`. May stop after `limit` + 1 bytes. */
export type ReadFile = (path: string, limit: Bytes) => Promise<Uint8Array>;

/** A hundred thousand tenants fit in; a larger file was named by mistake. */
const LARGEST_CONFIG = bytes(16 * 1024 * 1024);
/** A certificate with all its issuers has a few KiB. */
export const LARGEST_PEM = bytes(1024 * 1024);

/** Reads a configuration and the files that it names, so that every problem is known before the gateway listens. */
export async function loadConfig(
  file: string,
  env: Environment,
  readFile: ReadFile,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  const parsed = await loadConfigAlone(file, env, readFile);
  if (!parsed.ok) return parsed;
  const problems = await checkFiles(parsed.value, readFile);
  return problems.length === 0 ? parsed : err(problems);
}

/** Reads a configuration, but none of the files that it names: for commands of users who may not read the private key. */
export async function loadConfigAlone(
  file: string,
  env: Environment,
  readFile: ReadFile,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  const text = await read(file, LARGEST_CONFIG, readFile);
  return text.ok ? parseConfig({ file, text: text.value, env }) : err([fileProblem(file, text.error)]);
}

/** Whether the certificate and its key can be read and belong together. */
async function checkFiles({ config, source }: ParsedConfig, readFile: ReadFile): Promise<readonly Problem[]> {
  const { tls } = config;
  const { enabled = false, cert_file: certFile = null, key_file: keyFile = null } = tls ?? {};
  if (!enabled || certFile === null || keyFile === null) return [];
  const [certificate, key] = await Promise.all([
    readPem(certFile, readChain, CERTIFICATE, readFile),
    readPem(keyFile, createPrivateKey, KEY, readFile),
  ]);
  const findings: Finding[] = [];
  if (!certificate.ok) findings.push({ path: CERTIFICATE.path, ...certificate.error });
  if (!key.ok) findings.push({ path: KEY.path, ...key.error });
  if (certificate.ok && key.ok && !certificate.value.checkPrivateKey(key.value)) {
    findings.push({
      path: KEY.path,
      message: '{value} holds the key of another certificate than the one in cert_file',
    });
  }
  return source.problems(findings);
}

type PemKind = { readonly path: Path; readonly label: RegExp; readonly expected: string };
type Wrong = Pick<Finding, 'message' | 'expected'>;

const CERTIFICATE: PemKind = {
  path: ['tls', 'cert_file'],
  label: /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/,
  expected: 'a PEM file that begins with the certificate of the gateway',
};
const KEY: PemKind = {
  path: ['tls', 'key_file'],
  label: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  expected: 'a PEM file with a private key that is not encrypted',
};

async function readPem<T>(
  file: string,
  parse: (pem: string) => T | Promise<T>,
  { label, expected }: PemKind,
  readFile: ReadFile,
): Promise<Result<T, Wrong>> {
  const content = await read(file, LARGEST_PEM, readFile);
  if (!content.ok) return err({ message: `{value} ${content.error}` });
  const pem = new TextDecoder().decode(content.value);
  if (/ENCRYPTED/.test(pem)) return err({ message: '{value} is encrypted', expected });
  if (!label.test(pem)) return err({ message: '{value} is something else', expected });
  try {
    return ok(await parse(pem));
  } catch (cause) {
    // Do not show the parser's message: it is about its internals, and might quote the key.
    if (codeOf(cause) === UNSUPPORTED) return err({ message: '{value} is of a kind that TLS does not take', expected });
    return err({ message: '{value} is damaged', expected });
  }
}

// BoringSSL's code for RSA-PSS, Ed448 and unusual curves.
const UNSUPPORTED = 'ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM';

// `X509Certificate` reads only the first certificate; a secure context reads all of them, as a listener does. node:tls takes
// milliseconds to load, so only a configuration with TLS loads it.
async function readChain(pem: string): Promise<X509Certificate> {
  const certificate = new X509Certificate(pem);
  const { createSecureContext } = await import('node:tls');
  createSecureContext({ cert: pem });
  return certificate;
}

async function read(file: string, limit: Bytes, readFile: ReadFile): Promise<Result<Uint8Array, string>> {
  try {
    const content = await readFile(file, limit);
    return content.length > limit ? err(`is larger than ${formatSize(limit)}`) : ok(content);
  } catch (cause) {
    return err(explainFailure(cause));
  }
}

const IS_NO_FILE = 'is a pipe, a socket or a device, but must be a file';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is not a directory',
  EISDIR: 'is a directory',
  NO_FILE: IS_NO_FILE,
  TOO_SLOW: 'cannot be read: its file system has not answered in time',
  ENXIO: IS_NO_FILE, // opening a socket
  ENODEV: IS_NO_FILE,
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: permission denied',
  ELOOP: 'cannot be read: its symbolic links go in a circle',
  ENAMETOOLONG: 'cannot be read: the name is too long',
  EMFILE: 'cannot be read: too many files are open',
};

function explainFailure(cause: unknown): string {
  const code = codeOf(cause);
  return REASONS[code] ?? `cannot be read${code === '' ? '' : ` (${code})`}`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
