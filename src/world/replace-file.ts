// Puts another text in the place of a file, so that whoever reads it finds the old one or the new one, and never a part. The file
// keeps its mode and its owner; a link stays a link.
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../core/connect-failure.ts';
import { errorOf } from '../core/error-of.ts';
import { type Result, err, ok } from '../core/result.ts';
import { stampOf } from './look-at-files.ts';

/** What has been replaced. One of the two is called. */
export type ReplacedFile = {
  /** It stays so. */
  keep(): Promise<void>;
  /** The old files, themselves, take their places again. */
  undo(): Promise<void>;
};

const OBSTACLES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its file system is full',
  EDQUOT: 'its file system is full',
  EBUSY: 'it is mounted by itself; mount its folder instead',
  ENOENT: 'it is gone',
};

/** What is to be in the place of a file. `stamp`: how the file was when somebody looked at it; where it is otherwise now, it stays. */
export type Replacement = { readonly file: string; readonly text: Uint8Array; readonly stamp: string };

/** Replaces all of them, or none. Everything that can go wrong is tried before the first one gets its place: between the first and
 * the last there are renames alone. The error is a sentence. */
export async function replaceFiles(replacements: readonly Replacement[]): Promise<Result<ReplacedFile, string>> {
  const prepared: Prepared[] = [];
  for (const one of replacements) {
    const ready = await prepare(one);
    if (!ready.ok) {
      for (const other of prepared) await other.discard();
      return ready;
    }
    prepared.push(ready.value);
  }
  const put: Prepared[] = [];
  for (const one of prepared) {
    const problem = await one.put();
    if (problem === null) {
      put.push(one);
      continue;
    }
    for (const other of put.toReversed()) await other.undo();
    for (const other of prepared) if (!put.includes(other)) await other.discard();
    return err(problem);
  }
  return ok({
    keep: async () => {
      for (const one of put) await one.keep();
    },
    undo: async () => {
      for (const one of put.toReversed()) await one.undo();
    },
  });
}

/** A file whose successor lies beside it, complete. */
type Prepared = ReplacedFile & {
  /** Null: it has its place. */
  put(): Promise<string | null>;
  /** It was not put. */
  discard(): Promise<void>;
};

async function prepare({ file, text, stamp }: Replacement): Promise<Result<Prepared, string>> {
  let made: string | null = null;
  let kept: string | null = null;
  try {
    const path = await realpath(file);
    const now = await lstat(path);
    if (!now.isFile()) return err(`${file} is no regular file`);
    // Its folder may let somebody replace what the file itself keeps from being written.
    await (await open(path, 'r+')).close();
    const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
    made = `${beside}.new`;
    await write(made, text, now);
    kept = `${beside}.old`;
    await link(path, kept);
    if ((await stampOf(file)) !== (await afterLink(stamp, path)))
      return await giveUp(`${file} has been changed meanwhile`);
    return ok(preparedAt({ file, path, made, kept }));
  } catch (cause) {
    return await giveUp(notWritten(file, cause));
  }

  async function giveUp(reason: string): Promise<Result<Prepared, string>> {
    for (const one of [made, kept]) if (one !== null) await rm(one, { force: true });
    return err(reason);
  }
}

function notWritten(file: string, cause: unknown): string {
  const code = errorCode(errorOf(cause)) ?? '';
  return `${file} cannot be written: ${OBSTACLES[code] ?? errorOf(cause).message}`;
}

// A further name of a file changes when it was changed last, and nothing else that a stamp has.
async function afterLink(stamp: string, path: string): Promise<string> {
  const now = (await stampOf(path)).split(' ');
  return [...stamp.split(' ').slice(0, -1), now.at(-1) ?? ''].join(' ');
}

type Known = { readonly mode: number; readonly uid: number; readonly gid: number };

async function write(path: string, content: Uint8Array, { mode, uid, gid }: Known): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await keepOwner(file, { uid, gid });
    await file.chmod(mode & ALL_BITS);
    // Otherwise a machine that loses its power might have the new name with nothing in it.
    await file.sync();
  } finally {
    await file.close();
  }
}

const ALL_BITS = 0o7777;

async function keepOwner(file: FileHandle, { uid, gid }: Pick<Known, 'uid' | 'gid'>): Promise<void> {
  const made = await file.stat();
  if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid);
}

type Places = { readonly file: string; readonly path: string; readonly made: string; readonly kept: string };

function preparedAt({ file, path, made, kept }: Places): Prepared {
  return {
    put: async () => {
      let hasPlace = false;
      try {
        await rename(made, path);
        hasPlace = true;
        await syncFolder(path);
        return null;
      } catch (cause) {
        if (hasPlace) await rename(kept, path);
        return notWritten(file, cause);
      }
    },
    discard: async () => {
      for (const one of [made, kept]) await rm(one, { force: true });
    },
    keep: () => rm(kept, { force: true }),
    undo: async () => {
      await rename(kept, path);
      await syncFolder(path);
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
