// A directory on disk for one gateway: files that only its user reads, written by renaming, and a lock that ends with the
// process (flock(2)).
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { chmod, mkdir, open, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Descriptor } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { errorCode } from '../core/connect-failure.ts';
import { errorOf } from '../core/error-of.ts';
import { type Identity, giveTo } from './identity.ts';
import { fromLibc } from './libc.ts';

/** The file of the lock, with the number of the process that has it. */
export const STATE_LOCK = 'lock';
// The directory may be somebody's with fewer rights than this process has yet: a symbolic link of theirs must not lead it to a
// file that they may not change.
const LOCK_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
const APPENDING = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** The files of a directory. */
export class FolderFiles {
  constructor(readonly path: string) {}

  async read(name: string): Promise<Uint8Array | null> {
    try {
      return await readFile(join(this.path, name));
    } catch (error) {
      if (errorCode(errorOf(error)) === 'ENOENT') return null;
      throw error;
    }
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    const made = join(this.path, `.${name}.new`);
    const file = await open(made, 'w', 0o600);
    try {
      await file.writeFile(content);
      // Otherwise a machine that loses its power might have the new name with nothing in it.
      await file.sync();
    } finally {
      await file.close();
    }
    // A file that was left by a crash keeps its mode.
    await chmod(made, 0o600);
    await rename(made, join(this.path, name));
  }

  async append(name: string, content: Uint8Array): Promise<number> {
    const file = await open(join(this.path, name), APPENDING, 0o600);
    try {
      await file.writeFile(content);
      await file.datasync();
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  }

  async touch(name: string): Promise<void> {
    const now = new Date();
    await utimes(join(this.path, name), now, now);
  }

  async changedAt(name: string): Promise<number | null> {
    const found = await stat(join(this.path, name)).catch(() => null);
    return found?.mtimeMs ?? null;
  }

  async list(): Promise<readonly string[]> {
    return await readdir(this.path);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
  }
}

/** A directory that no other process uses in this way as long as this one has it. */
export class StateFolder extends FolderFiles {
  private constructor(
    path: string,
    /** Of its file: whoever has it has the lock, and it is free when the last of them has closed it. */
    readonly lock: Descriptor,
  ) {
    super(path);
  }

  /** The directory of a process whose place this one takes, and its lock. */
  static inherit(path: string, lock: Descriptor): StateFolder {
    return new StateFolder(path, lock);
  }

  /** Says in the file of the lock that this process has it. */
  sign(): void {
    ftruncateSync(this.lock);
    writeSync(this.lock, `${process.pid}\n`);
  }

  /** Makes the directory if need be. `owner`: whom the process becomes later; null: it stays what it is. The error says for
   * people why it cannot be used. */
  static async open(path: string, owner: Identity | null): Promise<Result<StateFolder, string>> {
    try {
      await mkdir(dirname(path), { recursive: true });
      await makeOwn(path);
      const lock = openSync(join(path, STATE_LOCK), LOCK_FILE, 0o600);
      const holder = lockedBy(lock);
      if (holder !== null) {
        closeSync(lock);
        return err(holder);
      }
      const given = owner === null ? ok(undefined) : await giveAll(owner, path);
      if (!given.ok) return given;
      const folder = new StateFolder(path, lock);
      folder.sign();
      return ok(folder);
    } catch (error) {
      return err(reasonOf(error));
    }
  }

  /** Lets another process have it. */
  release(): void {
    closeSync(this.lock);
  }
}

async function makeOwn(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(errorOf(error)) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

async function giveAll(owner: Identity, path: string): Promise<Result<void, string>> {
  const files = (await readdir(path)).map((name) => join(path, name));
  for (const file of [path, ...files]) {
    const given = giveTo(owner, file);
    if (!given.ok) return given;
  }
  return ok(undefined);
}

// Null: nobody else has it. Where the system has no such locks for us, a process that lives and whose number is in the file
// counts as its owner.
function lockedBy(lock: Descriptor): string | null {
  const calls = fromLibc({ flock: { args: ['i32', 'i32'], returns: 'i32' } });
  if (calls !== null && calls.flock(lock, LOCK_EX | LOCK_NB) === 0) return null;
  const pid = Number(readFileSync(lock, 'utf8').trim());
  if (calls === null && (pid === 0 || pid === process.pid || !isAlive(pid))) return null;
  return pid > 0 ? `process ${pid} uses it` : 'another process uses it';
}

/** The process that the file of a lock names, if it lives. */
export function processOf(text: string): number | null {
  const pid = Number(text.trim());
  return pid > 0 && isAlive(pid) ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(errorOf(error)) === 'EPERM';
  }
}

function reasonOf(error: unknown): string {
  const { message } = errorOf(error);
  return `it cannot be used: ${message}`;
}
