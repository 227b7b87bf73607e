// The user and group that this process runs as (credentials(7)). A gateway that is started as root binds its addresses and
// becomes somebody with fewer rights before it serves anybody.
import { CString, read } from 'bun:ffi';
import { lchownSync } from 'node:fs';
import { type Result, err, ok } from '../core/result.ts';
import { lastError } from './errno.ts';
import { fromLibc, onFirstUse } from './libc.ts';

/** Whom a configuration names, by names or numbers; null: nobody. */
export type WantedIdentity = { readonly user: string | null; readonly group: string | null };

/** Whom the system knows by that. */
export type Identity = {
  /** Null: the user stays. */
  readonly user: { readonly name: string; readonly uid: number; readonly home: string } | null;
  readonly gid: number;
};

const ROOT = 0;

const calls = onFirstUse(() =>
  fromLibc({
    getpwnam: { args: ['ptr'], returns: 'ptr' },
    getpwuid: { args: ['u32'], returns: 'ptr' },
    getgrnam: { args: ['ptr'], returns: 'ptr' },
    geteuid: { args: [], returns: 'u32' },
    getegid: { args: [], returns: 'u32' },
    initgroups: { args: ['ptr', 'u32'], returns: 'i32' },
    setgroups: { args: ['u64', 'ptr'], returns: 'i32' },
    setresgid: { args: ['u32', 'u32', 'u32'], returns: 'i32' },
    setresuid: { args: ['u32', 'u32', 'u32'], returns: 'i32' },
  }),
);

type Calls = NonNullable<ReturnType<typeof calls>>;

/** Looks them up. Null: nobody is named. The error is one line for people. */
export function resolveIdentity({ user, group }: WantedIdentity): Result<Identity | null, string> {
  if (user === null && group === null) return ok(null);
  const libc = calls();
  if (libc === null) return err('user and group can be set on Linux only');
  const found = user === null ? null : userOf(libc, user);
  if (user !== null && found === null) return err(`user: this machine has no user ${user}`);
  const gid = group === null ? (found?.gid ?? null) : groupOf(libc, group);
  if (gid === null) return err(`group: this machine has no group ${group}`);
  return ok({ user: found, gid });
}

/** Null: this machine has no such group, or groups cannot be looked up here. */
export function groupNumber(name: string): number | null {
  const libc = calls();
  return libc === null ? null : groupOf(libc, name);
}

/** Becomes it, and can never be anybody else again. The error is one line for people; the process must not serve then. */
export function become({ user, gid }: Identity): Result<void, string> {
  const libc = calls();
  if (libc === null) return err('user and group can be set on Linux only');
  const uid = user?.uid ?? libc.geteuid();
  if (libc.geteuid() === uid && libc.getegid() === gid && uid !== ROOT) return ok(undefined);
  if (libc.geteuid() !== ROOT) return err('user: only a gateway that is started as root can become another user');
  // Groups first: without the rights of root they could not be changed any more.
  const inGroups =
    user === null ? libc.setgroups(1, Uint32Array.of(gid)) : libc.initgroups(Buffer.from(`${user.name}\0`), gid);
  if (inGroups !== 0) return err(`group: the groups cannot be changed (${lastError()})`);
  if (libc.setresgid(gid, gid, gid) !== 0) return err(`group: cannot be changed (${lastError()})`);
  if (user === null) return ok(undefined);
  if (libc.setresuid(uid, uid, uid) !== 0) return err(`user: cannot be changed (${lastError()})`);
  // Programs of checks find their files by these.
  Object.assign(process.env, { USER: user.name, LOGNAME: user.name, HOME: user.home });
  return uid !== ROOT && libc.setresuid(ROOT, ROOT, ROOT) === 0
    ? err('user: the rights of root are still there')
    : ok(undefined);
}

/** Makes a file theirs, as the socket that only they may use. Of a symbolic link only the link: in a folder of theirs it may
 * lead anywhere. */
export function giveTo({ user, gid }: Identity, path: string): Result<void, string> {
  try {
    lchownSync(path, user?.uid ?? process.geteuid?.() ?? ROOT, gid);
    return ok(undefined);
  } catch (error) {
    return err(`user: ${path} cannot be given to it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// struct passwd and struct group begin with two texts, the name and the password; then come the numbers.
const FIRST_NUMBER = 16;
const SECOND_NUMBER = 20;
const HOME = 32;

type FoundUser = NonNullable<Identity['user']> & { readonly gid: number };

function userOf(libc: Calls, text: string): FoundUser | null {
  const number = numberIn(text);
  const entry = number === null ? libc.getpwnam(Buffer.from(`${text}\0`)) : libc.getpwuid(number);
  if (entry === null) return null;
  const at = Number(entry);
  return {
    name: textAt(at, 0),
    uid: read.u32(at, FIRST_NUMBER),
    gid: read.u32(at, SECOND_NUMBER),
    home: textAt(at, HOME),
  };
}

// A number need not have a name.
function groupOf(libc: Calls, text: string): number | null {
  const number = numberIn(text);
  if (number !== null) return number;
  const entry = libc.getgrnam(Buffer.from(`${text}\0`));
  return entry === null ? null : read.u32(Number(entry), FIRST_NUMBER);
}

function numberIn(text: string): number | null {
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}

function textAt(entry: number, offset: number): string {
  return new CString(read.ptr(entry, offset));
}
