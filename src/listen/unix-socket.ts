// Unix sockets to listen on: only those may use them who are meant, and one that a dead process has left is replaced.
import {
  chownSync,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { errorCode } from '../core/connect-failure.ts';
import type { KernelSockets, SocketPermissions } from '../core/kernel-sockets.ts';

// Reading and writing by the owner alone (0600).
const OTHERS_MAY_NOT = 0o177;

/** What a socket has where nobody says otherwise. */
export const OWNER_ONLY: SocketPermissions = { mode: 0o600, group: null };

/** Runs `bind` so that the socket file that it makes is the owner's alone from its first moment. */
export function withOwnerOnly<T>(bind: () => T): T {
  const before = process.umask(OTHERS_MAY_NOT);
  try {
    return bind();
  } finally {
    process.umask(before);
  }
}

/** Whose the file of a socket is that has been made the owner's alone, and what they may do: first the group, so that no other
 * one may use it for a moment. The error is one line for people. */
export function permit(path: string, { mode, group }: SocketPermissions, kernel: GroupNumbers | null): string | null {
  const gid = group === null ? null : (kernel?.groupNumber(group) ?? undefined);
  if (gid === undefined) return `admin.socket_group: this machine has no group ${group}`;
  try {
    withFile(path, (file) => {
      if (gid !== null) chownSync(file, UNCHANGED, gid);
      chmodSync(file, mode);
    });
    return null;
  } catch (error) {
    const who = group === null ? '' : `${group} and `;
    return `admin.socket_mode: ${path} cannot be given to ${who}the mode ${mode.toString(8)} (${errorCode(error) ?? String(error)})`;
  }
}

export type GroupNumbers = Pick<KernelSockets, 'groupNumber'>;

const UNCHANGED = -1;
// open(2). Nothing is read or written by such a descriptor: it holds the file, so that nobody can put another one, or a link to
// one, in its place.
const O_PATH = 0o10000000;

function withFile(path: string, act: (file: string) => void): void {
  if (process.platform !== 'linux') return act(path);
  const held = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(held).isSocket()) throw new Error('it is no socket any more');
    act(`/proc/self/fd/${held}`);
  } finally {
    closeSync(held);
  }
}

/** Runs `close` for a socket that another process listens on as well. The runtime would remove its file, by which clients
 * find it. */
export function keepingFile(path: string, close: () => void): void {
  const aside = `${path}.kept`;
  if (!isMoved(path, aside)) return close();
  try {
    close();
  } finally {
    renameSync(aside, path);
  }
}

// False: there is none, or the gateway has become a user who may not change what is in its folder, and so cannot remove it
// either.
function isMoved(path: string, aside: string): boolean {
  try {
    renameSync(path, aside);
    return true;
  } catch {
    return false;
  }
}

/** Removes a socket that nobody listens on. A file of another kind, and a socket that answers, stay. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isSocket() || (await answers(path))) return;
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data() {} } });
    socket.terminate();
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code !== 'ECONNREFUSED' && code !== 'ENOENT';
  }
}
