// How files are at a moment, so that two moments can be compared. Nothing is read: what the system says of a file differs when
// it was written to, replaced, or reached through a link that leads elsewhere now.
import { stat } from 'node:fs/promises';
import { type SeenFiles, matchesOf } from '../config/seen-files.ts';
import { errorCode } from '../core/connect-failure.ts';
import { findFiles } from './find-files.ts';

/** What the system says of a file. `at`: when it last changed, in milliseconds since 1970; null: it is not there. */
export type Stamp = { readonly text: string; readonly at: number | null };

export type Look = {
  /** By their paths. */
  readonly files: ReadonlyMap<string, Stamp>;
  /** What each glob matches. */
  readonly globs: ReadonlyMap<string, string>;
};

// The runtime has few threads for such calls, and name lookups need them as well.
const AT_ONCE = 4;
const MOST_MATCHES = 20_000;

export async function lookAt(seen: SeenFiles): Promise<Look> {
  const globs = new Map<string, string>();
  for (const { glob } of seen.globs) globs.set(glob, await matchesNow(glob));
  const files = new Map<string, Stamp>();
  for (let at = 0; at < seen.files.length; at += AT_ONCE) {
    const group = seen.files.slice(at, at + AT_ONCE);
    const stamps = await Promise.all(group.map(async ({ path }) => [path, await stampOf(path)] as const));
    for (const [path, stamp] of stamps) files.set(path, stamp);
  }
  return { files, globs };
}

async function stampOf(file: string): Promise<Stamp> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
    return { text: [dev, ino, size, mtimeMs, ctimeMs].join(' '), at: ctimeMs };
  } catch (error) {
    return { text: errorCode(error) ?? 'unknown', at: null };
  }
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
