// A configuration from a file, and the files that it names.
import { type Result, err, ok } from '../core/result.ts';
import { bytes } from '../core/units.ts';
import { readAuthorities } from './authorities.ts';
import { uncoveredDomains } from './certificate-cover.ts';
import type { Environment } from './environment.ts';
import { type ParsedConfig, parseDocument, readDocument } from './parse.ts';
import { type Problem, fileProblem } from './problems.ts';
import { type ReadFile, readLimited } from './read-file.ts';
import { readSecretFiles } from './secret-files.ts';
import { readTlsFiles } from './tls-files.ts';

/** A hundred thousand tenants fit in; a larger file was named by mistake. */
const LARGEST_CONFIG = bytes(16 * 1024 * 1024);

/** Reads a configuration and the files that it names, so that every problem is known before the gateway listens. */
export async function loadConfig(
  file: string,
  env: Environment,
  readFile: ReadFile,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  const parsed = await loadConfigAlone(file, env, readFile);
  if (!parsed.ok) return parsed;
  const { config, source, warnings } = parsed.value;
  const [checked, authorities] = await Promise.all([
    checkFiles(parsed.value, readFile),
    readAuthorities(config, readFile),
  ]);
  const unread = authorities.ok ? [] : source.problems(authorities.error);
  if (!checked.ok || !authorities.ok) return err([...(checked.ok ? [] : checked.error), ...unread]);
  const complete = { ...config, authorities: authorities.value };
  return ok({ config: complete, source, warnings: [...warnings, ...checked.value] });
}

/** Reads a configuration with the secrets that it refers to, but not the certificate and its key: for commands of users who may not read the private key. */
export async function loadConfigAlone(
  file: string,
  env: Environment,
  readFile: ReadFile,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  const text = await readLimited(file, LARGEST_CONFIG, readFile);
  if (!text.ok) return err([fileProblem(file, text.error)]);
  const document = readDocument(file, text.value);
  if (!document.ok) return document;
  const files = await readSecretFiles(document.value.root, readFile);
  return parseDocument(document.value, { environment: env, files });
}

/** Whether the certificate and its key can be read and belong together; and warnings, if they do. */
async function checkFiles(
  { config, source }: ParsedConfig,
  readFile: ReadFile,
): Promise<Result<readonly Problem[], readonly Problem[]>> {
  const { tls } = config;
  const { enabled = false, cert_file: certFile = null, key_file: keyFile = null } = tls ?? {};
  if (!enabled || certFile === null || keyFile === null) return ok([]);
  const read = await readTlsFiles({ certFile, keyFile }, readFile);
  if (!read.ok) return err(source.problems(read.error));
  return ok(source.problems(uncoveredDomains(config, read.value.facts.names)));
}
