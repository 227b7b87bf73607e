// How files are at a moment, so that two moments can be compared. Nothing is read: what the system says of a file differs when
// it was written to, replaced, or reached through a link that leads elsewhere now.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type SeenFiles, matchesOf } from '../config/seen-files.ts';
import { errorCode } from '../core/connect-failure.ts';
import { findFiles } from './find-files.ts';

// The runtime has few threads for such calls, and name lookups need them as well.
const AT_ONCE = 4;
const MOST_MATCHES = 20_000;

/** How files that were seen once are now. */
export async function lookAt(seen: SeenFiles): Promise<SeenFiles> {
  const globs = [];
  for (const { glob } of seen.globs) globs.push({ glob, matches: await matchesNow(glob) });
  const files = [];
  for (let at = 0; at < seen.files.length; at += AT_ONCE) {
    const group = seen.files.slice(at, at + AT_ONCE);
    files.push(...(await Promise.all(group.map(async ({ path }) => ({ path, stamp: await stampOf(path) })))));
  }
  return { files, globs };
}

/** What the system says of a file; where it says nothing, why. */
export async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return errorCode(error) ?? 'unknown';
  }
}

// Read by others than the owner and the group.
const OTHERS_READ = 0o004;

/** Whether every user of the machine may read a file. */
export async function isOpenToAll(path: string): Promise<boolean> {
  return stat(path).then(
    ({ mode }) => (mode & OTHERS_READ) !== 0,
    () => false,
  );
}

/** Whether there is no folder that a file could be made in. Of one that may not be looked at, nobody knows. */
export async function lacksFolder(path: string): Promise<boolean> {
  return stat(dirname(path)).then(
    (found) => !found.isDirectory(),
    (error: unknown) => errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR',
  );
}

async function matchesNow(glob: string): Promise<string> {
  try {
    const { files } = await findFiles(glob, MOST_MATCHES);
    return matchesOf(files);
  } catch {
    // As when it was read: nothing could be found there.
    return '';
  }
}
