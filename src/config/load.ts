// A configuration from its files, and from those that it names.
import { type Result, err, ok } from '../core/result.ts';
import { readAuthorities } from './authorities.ts';
import { readOwnPairs } from './own-pairs.ts';
import { namesIn, strangeCertificates, uncoveredDomains } from './certificate-cover.ts';
import { type Combined, combine } from './combine.ts';
import type { Environment } from './environment.ts';
import type { ConfigFiles } from './files.ts';
import type { Finding } from './finding.ts';
import type { ConfigOrigin, LastGoodTenant } from './last-good.ts';
import { missingLogFolders } from './log-folders.ts';
import { readNamedPairs } from './named-pairs.ts';
import { type ParsedConfig, type Reading, accepted, parseCombined } from './parse.ts';
import type { Problem } from './problems.ts';
import { type Fingerprinting, Quarantine } from './quarantine.ts';
import { type Documents, readDocuments } from './read-documents.ts';
import type { Config } from './schema.ts';
import { readTextFiles } from './text-files.ts';

/** Reads a configuration and the files that it names, so that every problem is known before the gateway listens. */
export async function loadConfig(
  file: string,
  env: Environment,
  files: ConfigFiles,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  return accepted(await withFiles(await read(file, env, files), files));
}

/** Reads a configuration with the secrets that it refers to, but not the certificate and its key: for commands of users who
 * may not read the private key, and who want to know where the gateway is, whatever is wrong with a tenant. */
export async function loadConfigAlone(
  file: string,
  env: Environment,
  files: ConfigFiles,
): Promise<Result<ParsedConfig, readonly Problem[]>> {
  return tolerate(await readDocuments(file, env, files), NOBODY, (reading) => Promise.resolve(reading));
}

/** A configuration of which some tenants may be in quarantine. */
export type TolerantConfig = ParsedConfig & { readonly origin: ConfigOrigin };

/** What is needed where a configuration keeps the last good versions of broken tenants. */
export type Tolerance = {
  /** The tenants that are in force, or were. Asked for only where they are needed. */
  readonly lastGood: () => Promise<readonly LastGoodTenant[]>;
  readonly fingerprintOf: Fingerprinting;
};

// Tenants that take over routes from one another may fall one after the other.
const MOST_ROUNDS = 100;

/** Reads a configuration to put it in force: as `loadConfig`, but where it says so, broken tenants are taken out. */
export async function loadTolerantly(
  file: string,
  env: Environment,
  files: ConfigFiles,
  tolerance: Tolerance,
): Promise<Result<TolerantConfig, readonly Problem[]>> {
  return tolerate(await readDocuments(file, env, files), tolerance, (reading) => withFiles(reading, files));
}

const NOBODY: Tolerance = { lastGood: () => Promise.resolve([]), fingerprintOf: () => '' };

/** `complete`: reads what the settings name. */
async function tolerate(
  documents: Documents,
  { lastGood, fingerprintOf }: Tolerance,
  complete: (reading: Reading) => Promise<Reading>,
): Promise<Result<TolerantConfig, readonly Problem[]>> {
  const combined = combine(documents.documents);
  const whole = accepted(await complete(readingOf(combined, documents)));
  if (!whole.ok && !keepsLastGood(combined)) return whole;
  const quarantine = new Quarantine(combined, whole.ok ? [] : await lastGood(), fingerprintOf);
  if (whole.ok) return ok({ ...whole.value, origin: quarantine.origin });
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const reading = await complete(readingOf(quarantine.rest, documents, quarantine.kept));
    const rest = accepted(reading);
    if (rest.ok) return ok({ ...rest.value, origin: quarantine.origin });
    if (!quarantine.take(reading)) return round === 0 ? whole : rest;
  }
  return whole;
}

function keepsLastGood({ root }: Combined): boolean {
  return (
    typeof root === 'object' &&
    root !== null &&
    'on_invalid_tenant' in root &&
    root.on_invalid_tenant === 'keep_last_good'
  );
}

async function read(file: string, env: Environment, files: ConfigFiles): Promise<Reading> {
  const documents = await readDocuments(file, env, files);
  return readingOf(combine(documents.documents), documents);
}

function readingOf(
  combined: Combined,
  { findings, warnings }: Documents,
  kept: readonly LastGoodTenant[] = [],
): Reading {
  const reading = parseCombined(combined, kept);
  const { parsed } = reading;
  return {
    ...reading,
    findings: [...findings, ...reading.findings],
    parsed: parsed === null ? null : { ...parsed, warnings: [...warnings, ...parsed.warnings] },
  };
}

/** The reading with what its settings name: authorities, certificate and key. */
async function withFiles(reading: Reading, files: ConfigFiles): Promise<Reading> {
  const { parsed, findings } = reading;
  // Two tenants that contradict each other must be complete, so that it can be told which of them has changed.
  if (parsed === null || findings.some(({ rival }) => rival === undefined)) return reading;
  const { config, warnings } = parsed;
  const { readFile } = files;
  const [checked, authorities, ownPairs, texts, folders] = await Promise.all([
    checkCertificates(config, files),
    readAuthorities(config, readFile),
    readOwnPairs(config, readFile),
    readTextFiles(config, readFile),
    missingLogFolders(config, files),
  ]);
  const unread = [checked, authorities, ownPairs, texts].flatMap((one) => (one.ok ? [] : one.error));
  if (!checked.ok || !authorities.ok || !ownPairs.ok || !texts.ok)
    return { ...reading, findings: [...findings, ...unread] };
  const complete = { ...texts.value, authorities: authorities.value, ownPairs: ownPairs.value };
  return { ...reading, parsed: { config: complete, warnings: [...warnings, ...checked.value, ...folders] } };
}

/** Whether certificates and their keys can be read and belong together; and warnings, if they do. */
async function checkCertificates(
  config: Config,
  files: ConfigFiles,
): Promise<Result<readonly Finding[], readonly Finding[]>> {
  const named = await readNamedPairs(config, files);
  if (!named.ok) return named;
  const { pairs, warnings } = named.value;
  const names = namesIn(pairs);
  const strange = strangeCertificates(config, names);
  return strange.length > 0 ? err(strange) : ok([...warnings, ...uncoveredDomains(config, names)]);
}
