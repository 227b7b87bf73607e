// Tells that something has happened in one of many folders. It is a hint, never the whole truth: systems have limits for it,
// network file systems tell nothing, and a folder that has been replaced is another one.
import { type FSWatcher, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { SeenFiles } from '../config/seen-files.ts';

/** Linux allows 8192 watches to a user by default, and other programs want some. */
const MOST_FOLDERS = 512;

type Watched = { readonly watcher: FSWatcher; readonly identity: string };

export class FolderEvents {
  private readonly watched = new Map<string, Watched>();
  private isClosed = false;

  constructor(private readonly tell: () => void) {}

  /** Watches the folders of these files, and no others; those that have been replaced are watched anew. */
  async follow(seen: SeenFiles): Promise<void> {
    const wanted = [...(await foldersOf(seen))].slice(0, MOST_FOLDERS);
    const kept = new Set(wanted);
    for (const folder of this.watched.keys()) if (!kept.has(folder)) this.drop(folder);
    for (const folder of wanted) await this.watch(folder);
  }

  close(): void {
    this.isClosed = true;
    for (const folder of this.watched.keys()) this.drop(folder);
  }

  private async watch(folder: string): Promise<void> {
    const identity = await identityOf(folder);
    const known = this.watched.get(folder);
    if (known?.identity === identity) return;
    this.drop(folder);
    if (identity === null || this.isClosed) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.tell());
      watcher.on('error', () => this.drop(folder));
      this.watched.set(folder, { watcher, identity });
    } catch {
      // Too many watches, or it has just gone: looking from time to time finds what changes.
    }
  }

  private drop(folder: string): void {
    this.watched.get(folder)?.watcher.close();
    this.watched.delete(folder);
  }
}

async function identityOf(folder: string): Promise<string | null> {
  return stat(folder).then(
    ({ dev, ino, birthtimeMs }) => `${dev} ${ino} ${birthtimeMs}`,
    () => null,
  );
}

// The folder of each file, of what it is a link to, and the one above: there a folder that is replaced shows. Those above come
// last, as they matter least.
async function foldersOf({ files, globs }: SeenFiles): Promise<ReadonlySet<string>> {
  const own = new Set([...files.map(({ path }) => folderOf(path)), ...globs.map(({ glob }) => startOf(glob))]);
  // Beyond some files, each with a folder of its own, only looking helps.
  const targets = await Promise.all(files.slice(0, MOST_FOLDERS).map(({ path }) => realpath(path).catch(() => null)));
  const real = targets.flatMap((target) => (target === null ? [] : [dirname(target)]));
  const near = new Set([...own, ...real]);
  return new Set([...near, ...Array.from(near, dirname)]);
}

function folderOf(file: string): string {
  return dirname(resolve(file));
}

// The part of a glob without wildcards.
function startOf(glob: string): string {
  const [start = ''] = glob.split(/[*?[\]{}]/, 1);
  const folder = start.slice(0, start.lastIndexOf('/') + 1);
  return isAbsolute(folder) ? join(folder) : resolve(folder);
}
