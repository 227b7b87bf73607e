// A folder of certificates: which of its files belong together.
import { type Result, err, ok } from '../core/result.ts';
import { bytes } from '../core/units.ts';
import type { ConfigFiles } from './files.ts';
import { codeOf, explainFailure } from './read-file.ts';
import type { TlsFiles } from './tls-files.ts';

const MOST_FILES = 40_000;

/** What is in a folder. `alone`: files that look like a half of a pair, whose other half is not there. */
export type FolderContent = { readonly pairs: readonly TlsFiles[]; readonly alone: readonly string[] };

type Outside = Pick<ConfigFiles, 'readFile' | 'findFiles'>;

/** The error is what is wrong with the folder, as it follows its name. */
export async function pairsIn(
  folder: string,
  { readFile, findFiles }: Outside,
): Promise<Result<FolderContent, string>> {
  const at = folder.replace(/\/+$/, '');
  try {
    const found: string[] = [];
    for (const glob of globsIn(at)) found.push(...(await findFiles(glob, MOST_FILES)).files);
    return found.length === 0 ? await nothingIn(at, readFile) : ok(pair(new Set(found)));
  } catch (cause) {
    return err(explainFailure(cause));
  }
}

/** The files that are looked for. */
export function globsIn(folder: string): readonly string[] {
  const at = folder.replace(/\/+$/, '');
  return [`${at}/*`, `${at}/*/{fullchain,privkey}.pem`, `${at}/*/tls.{crt,key}`];
}

// A folder that is not there has no files either.
async function nothingIn(folder: string, readFile: Outside['readFile']): Promise<Result<FolderContent, string>> {
  try {
    await readFile(folder, bytes(1));
    return err('is a file, not a folder');
  } catch (cause) {
    return codeOf(cause) === 'EISDIR' ? ok({ pairs: [], alone: [] }) : err(explainFailure(cause));
  }
}

const HALVES = [
  [/\.crt$/, '.key'],
  [/\/fullchain\.pem$/, '/privkey.pem'],
] as const;

function pair(files: ReadonlySet<string>): FolderContent {
  const pairs: TlsFiles[] = [];
  const alone: string[] = [];
  const used = new Set<string>();
  for (const certFile of files) {
    const [end, other] = HALVES.find(([pattern]) => pattern.test(certFile)) ?? [];
    if (end === undefined || other === undefined) continue;
    const keyFile = certFile.replace(end, other);
    used.add(certFile).add(keyFile);
    if (files.has(keyFile)) pairs.push({ certFile, keyFile });
    else alone.push(certFile);
  }
  for (const file of files) {
    if (used.has(file)) continue;
    if (/\.key$|\/privkey\.pem$/.test(file)) alone.push(file);
    else if (file.endsWith('.pem') && !isPartOfCertbots(file, files)) pairs.push({ certFile: file, keyFile: file });
  }
  return { pairs: pairs.toSorted((one, next) => (one.certFile < next.certFile ? -1 : 1)), alone };
}

// It lays the parts of fullchain.pem beside it.
function isPartOfCertbots(file: string, files: ReadonlySet<string>): boolean {
  return /\/(?:cert|chain)\.pem$/.test(file) && files.has(file.replace(/[^/]+$/, 'fullchain.pem'));
}
