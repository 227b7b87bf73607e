// Unix sockets to listen on: only the user of the gateway may use them, and one that a dead process has left is replaced.
import { lstatSync, renameSync, unlinkSync } from 'node:fs';

// Reading and writing by the owner alone (0600).
const OTHERS_MAY_NOT = 0o177;

/** Runs `bind` so that the socket file that it makes is the owner's alone from its first moment. */
export function withOwnerOnly<T>(bind: () => T): T {
  const before = process.umask(OTHERS_MAY_NOT);
  try {
    return bind();
  } finally {
    process.umask(before);
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
