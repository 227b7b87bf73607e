// A configuration from its files, and from those that it names.
import { type Result, err, ok } from '../core/result.ts';
import { readAuthorities } from './authorities.ts';
import { uncoveredDomains } from './certificate-cover.ts';
import { combine } from './combine.ts';
import type { Environment } from './environment.ts';
import type { ConfigFiles } from './files.ts';
import type { Finding } from './finding.ts';
import { type ParsedConfig, type Reading, accepted, parseCombined } from './parse.ts';
import type { Problem } from './problems.ts';
import type { ReadFile } from './read-file.ts';
import { readDocuments } from './read-documents.ts';
import type { Config } from './schema.ts';
import { readTlsFiles } from './tls-files.ts';

/** Reads a configuration and the files that it names, so that every problem is known before the gateway listens. */
export async function loadConfig(
  file: string,
  env: Environment,
  files: ConfigFiles,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  return accepted(await withFiles(await read(file, env, files), files.readFile));
}

/** Reads a configuration with the secrets that it refers to, but not the certificate and its key: for commands of users who may not read the private key. */
export async function loadConfigAlone(
  file: string,
  env: Environment,
  files: ConfigFiles,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  return accepted(await read(file, env, files));
}

async function read(file: string, env: Environment, files: ConfigFiles): Promise<Reading> {
  const { documents, findings, warnings } = await readDocuments(file, env, files);
  const reading = parseCombined(combine(documents));
  const { parsed } = reading;
  return {
    ...reading,
    findings: [...findings, ...reading.findings],
    parsed: parsed === null ? null : { ...parsed, warnings: [...warnings, ...parsed.warnings] },
  };
}

/** The reading with what its settings name: authorities, certificate and key. */
async function withFiles(reading: Reading, readFile: ReadFile): Promise<Reading> {
  const { parsed, findings } = reading;
  if (parsed === null || findings.length > 0) return reading;
  const { config, warnings } = parsed;
  const [checked, authorities] = await Promise.all([checkFiles(config, readFile), readAuthorities(config, readFile)]);
  const unread = authorities.ok ? [] : authorities.error;
  if (!checked.ok || !authorities.ok)
    return { ...reading, findings: [...(checked.ok ? [] : checked.error), ...unread] };
  const complete = { ...config, authorities: authorities.value };
  return { ...reading, parsed: { config: complete, warnings: [...warnings, ...checked.value] } };
}

/** Whether the certificate and its key can be read and belong together; and warnings, if they do. */
async function checkFiles(config: Config, readFile: ReadFile): Promise<Result<readonly Finding[], readonly Finding[]>> {
  const { enabled = false, cert_file: certFile = null, key_file: keyFile = null } = config.tls ?? {};
  if (!enabled || certFile === null || keyFile === null) return ok([]);
  const files = await readTlsFiles({ certFile, keyFile }, readFile);
  return files.ok ? ok(uncoveredDomains(config, files.value.facts.names)) : err(files.error);
}
