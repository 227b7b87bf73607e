// Puts another text in the place of a file, so that whoever reads it finds the old one or the new one, and never a part. The file
// keeps its mode and its owner; a link stays a link.
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../core/connect-failure.ts';
import { errorOf } from '../core/error-of.ts';
import { type Result, err, ok } from '../core/result.ts';
import { stampOf } from './look-at-files.ts';

/** A file that has been replaced. One of the two is called. */
export type ReplacedFile = {
  /** It stays so. */
  keep(): Promise<void>;
  /** The old file, itself, takes its place again. */
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

/** `stamp`: how the file was when somebody looked at it; where it is otherwise now, it stays. The error is a sentence. */
export async function replaceFile(
  file: string,
  content: Uint8Array,
  stamp: string,
): Promise<Result<ReplacedFile, string>> {
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
    await write(made, content, now);
    kept = `${beside}.old`;
    await link(path, kept);
    if ((await stampOf(file)) !== (await afterLink(stamp, path)))
      return await giveUp(`${file} has been changed meanwhile`);
    await rename(made, path);
    await syncFolder(path);
    return ok(replaced(path, kept));
  } catch (cause) {
    const code = errorCode(errorOf(cause)) ?? '';
    return await giveUp(`${file} cannot be written: ${OBSTACLES[code] ?? errorOf(cause).message}`);
  }

  async function giveUp(reason: string): Promise<Result<ReplacedFile, string>> {
    for (const one of [made, kept]) if (one !== null) await rm(one, { force: true });
    return err(reason);
  }
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

function replaced(path: string, kept: string): ReplacedFile {
  return {
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
