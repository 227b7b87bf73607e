// The certificates that a configuration names, and what is wrong with them.
import { type Result, err, ok } from '../core/result.ts';
import { pairsIn } from './certificate-folder.ts';
import type { ConfigFiles } from './files.ts';
import type { Finding } from './finding.ts';
import type { Path } from './problems.ts';
import type { Config } from './schema.ts';
import { type ReadPair, type TlsFiles, describeTlsFindings, readTlsFiles } from './tls-files.ts';

/** A pair of files, and what names it. */
export type NamedPair = {
  readonly files: TlsFiles;
  /** The setting. */
  readonly path: Path;
  /** It was found in the folder that the setting names. */
  readonly isFound: boolean;
  /** The number of the tenant whose own it is; null: nobody's. */
  readonly tenant: number | null;
};

/** A pair that can be used. */
export type UsablePair = NamedPair & ReadPair;

export type ReadPairs = { readonly pairs: readonly UsablePair[]; readonly warnings: readonly Finding[] };

/** So many pairs are read at a time. */
const AT_ONCE = 16;

/** Reads all of them. The error has what is wrong with those that are named themselves; a bad one in a folder is a warning. */
export async function readNamedPairs(
  config: Config,
  files: ConfigFiles,
): Promise<Result<ReadPairs, readonly Finding[]>> {
  if (config.tls?.enabled === false) return ok({ pairs: [], warnings: [] });
  const named = await findPairs(config, files);
  const [findings, warnings] = [[...named.findings], [...named.warnings]];
  const pairs: UsablePair[] = [];
  for (let at = 0; at < named.pairs.length; at += AT_ONCE) {
    const group = named.pairs.slice(at, at + AT_ONCE);
    const read = await Promise.all(group.map((pair) => readTlsFiles(pair.files, files.readFile, pair.path)));
    for (const [n, one] of read.entries()) {
      const pair = group[n];
      if (pair === undefined) continue;
      if (one.ok) pairs.push({ ...pair, ...one.value });
      else if (pair.isFound) warnings.push(inFolder(pair, describeTlsFindings(pair.files, one.error)));
      else findings.push(...one.error);
    }
  }
  if (findings.length > 0) return err(findings);
  warnings.push(...pairs.flatMap(doubtsOf), ...(await openKeys(pairs, files)));
  return ok({ pairs, warnings });
}

type Found = {
  readonly pairs: readonly NamedPair[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
};

async function findPairs(config: Config, files: ConfigFiles): Promise<Found> {
  const pairs: NamedPair[] = [];
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  pairs.push(...pairOf(config.tls, ['tls'], null));
  for (const [at, source] of config.certificates.entries()) {
    const path = ['certificates', at];
    pairs.push(...pairOf(source, path, null));
    const folder = source.folder ?? null;
    if (folder === null) continue;
    const content = await pairsIn(folder, files);
    const place = [...path, 'folder'];
    if (!content.ok) findings.push({ path: place, message: `{value} ${content.error}`, expected: 'a folder' });
    else {
      const { pairs: own, alone } = content.value;
      pairs.push(...own.map((one): NamedPair => ({ files: one, path: place, isFound: true, tenant: null })));
      warnings.push(...alone.map((file) => ({ path: place, message: `warning: ${file} ${lackOf(file)}` })));
      if (own.length === 0) warnings.push({ path: place, message: 'warning: {value} has no certificates' });
    }
  }
  for (const [tenant, { tls }] of config.tenants.entries())
    pairs.push(...pairOf(tls, ['tenants', tenant, 'tls'], tenant));
  return { pairs, findings, warnings };
}

type Named = { readonly cert_file?: string | null; readonly key_file?: string | null };

function pairOf(named: Named | undefined, path: Path, tenant: number | null): readonly NamedPair[] {
  const { cert_file: certFile = null, key_file: keyFile = null } = named ?? {};
  if (certFile === null || keyFile === null) return [];
  return [{ files: { certFile, keyFile }, path, isFound: false, tenant }];
}

/** What is said of a file whose other half is not there. */
export function lackOf(file: string): string {
  return /\.key$|\/privkey\.pem$/.test(file) ? 'is a key without its certificate' : 'has no key beside it';
}

function inFolder({ path }: NamedPair, message: string): Finding {
  return { path, message: `warning: ${message}` };
}

function doubtsOf(pair: UsablePair): readonly Finding[] {
  const { doubts, files, path, isFound } = pair;
  return doubts.map((doubt) =>
    isFound
      ? inFolder(pair, doubt.replaceAll('{value}', files.certFile))
      : { path: [...path, 'cert_file'], message: `warning: ${doubt}` },
  );
}

// No error: in containers, whoever can read files is the gateway itself. For a folder one warning is enough.
async function openKeys(pairs: readonly UsablePair[], { isOpenToAll }: ConfigFiles): Promise<readonly Finding[]> {
  if (isOpenToAll === undefined) return [];
  const findings: Finding[] = [];
  const inFolders = new Map<Path, string[]>();
  for (const { files, path, isFound } of pairs) {
    if (!(await isOpenToAll(files.keyFile))) continue;
    const known = inFolders.get(path);
    if (!isFound) findings.push({ path: [...path, 'key_file'], message: `warning: {value} ${OPEN_KEY}` });
    else if (known === undefined) inFolders.set(path, [files.keyFile]);
    else known.push(files.keyFile);
  }
  for (const [path, [first = '', ...more]] of inFolders) {
    const others = more.length === 0 ? '' : `; so do ${more.length} more files`;
    findings.push({ path, message: `warning: ${first} ${OPEN_KEY}${others}` });
  }
  return findings;
}

const OPEN_KEY = 'holds a key, and every user of this machine may read it';
