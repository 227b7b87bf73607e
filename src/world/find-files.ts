// Finds the files that a glob means. The runtime's own search leaves out links whose target is missing, and follows links in
// circles; here a link that leads nowhere is found, so that whoever reads it says what is wrong.
import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Glob } from 'bun';
import type { FoundFiles } from '../config/files.ts';
import { errorCode } from '../core/connect-failure.ts';

/** Folders below each other that `**` looks into. */
const DEEPEST = 16;
/** Folders that one search looks into: more are a whole disk, which was named by mistake. */
const MOST_FOLDERS = 20_000;

const WILD = /[*?[\]{}]/;

/** The files in the order of their names. Rejects with the system's error where a directory cannot be read; one that is not
 * there has no files. */
export async function findFiles(glob: string, most: number): Promise<FoundFiles> {
  const search = new Search(most);
  const isAbsolute = glob.startsWith(sep);
  await search.walk(
    isAbsolute ? sep : '',
    glob.split(sep).filter((part) => part !== '' && part !== '.'),
    0,
  );
  const files = [...search.files].toSorted();
  return { files: files.slice(0, most), isCutShort: search.isCutShort };
}

class Search {
  readonly files = new Set<string>();
  isCutShort = false;
  private folders = 0;

  constructor(private readonly most: number) {}

  /** Adds what the segments match below a folder. */
  async walk(folder: string, segments: readonly string[], depth: number): Promise<void> {
    const [segment, ...rest] = segments;
    if (segment === undefined || this.isCutShort) return;
    if (segment === '**') return this.walkAll(folder, rest, depth);
    if (!WILD.test(segment)) return this.step(join(folder, segment), rest, depth);
    const isWanted = matcher(segment);
    for (const entry of await this.list(folder)) {
      const path = join(folder, entry.name);
      if (isWanted(entry.name) && (rest.length === 0 || (await isFolder(entry, path))))
        await this.step(path, rest, depth);
    }
  }

  // `**`: the folder itself, and all below it. Links to folders are not followed, which could go round.
  private async walkAll(folder: string, rest: readonly string[], depth: number): Promise<void> {
    const below = rest.length === 0 ? ['*'] : rest;
    await this.walk(folder, below, depth);
    if (depth >= DEEPEST) return;
    for (const entry of await this.list(folder))
      if (entry.isDirectory() && !entry.name.startsWith('.'))
        await this.walkAll(join(folder, entry.name), rest, depth + 1);
  }

  private async step(path: string, rest: readonly string[], depth: number): Promise<void> {
    if (rest.length > 0) return this.walk(path, rest, depth);
    const isThere = await lstat(path).then(
      () => true,
      () => false,
    );
    if (!isThere || (await stat(path).catch(() => null))?.isDirectory() === true) return;
    if (this.files.size >= this.most) this.isCutShort = true;
    else this.files.add(path);
  }

  private async list(folder: string): Promise<readonly Dirent[]> {
    this.folders++;
    if (this.folders > MOST_FOLDERS) this.isCutShort = true;
    if (this.isCutShort) return [];
    try {
      return await readdir(folder === '' ? '.' : folder, { withFileTypes: true });
    } catch (error) {
      if (ABSENT.has(errorCode(error) ?? '')) return [];
      throw error;
    }
  }
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR']);

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}

// As in a shell, what begins with a dot is meant only where that is said. Kubernetes keeps the versions of a ConfigMap in
// folders of such names, beside the links to the files in the present one.
function matcher(segment: string): (name: string) => boolean {
  const glob = new Glob(segment);
  const takesDots = segment.startsWith('.');
  return (name) => (takesDots || !name.startsWith('.')) && glob.match(name);
}
