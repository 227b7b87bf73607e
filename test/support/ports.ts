// Ports for programs that cannot choose one themselves, and for servers whose port is to stay theirs while they are away.
import { type Server, connect } from 'node:net';

// Below the range from which the system takes the ports of outgoing connections and of those who ask for port 0
// (/proc/sys/net/ipv4/ip_local_port_range): only who names such a port can take it.
const FIRST_PORT = 12_000;
const BEYOND = 32_000;
// A process has so many ports to itself, so that one lock serves for all of them.
const BLOCK = 50;
const BLOCKS = (BEYOND - FIRST_PORT) / BLOCK;

type Held = { next: number; beyond: number; readonly locks: Disposable[] };

// Of the process, not of this module, which is loaded again for each file of tests.
const KEY = Symbol.for('keystone.test.ports');
const ofProcess = globalThis as { [KEY]?: Held };
const held: Held = (ofProcess[KEY] ??= { next: 0, beyond: 0, locks: [] });

/** A port that nobody listens at, and that nobody gets but from this call: no other test, bench or connection, as long as this
 * process runs. Until somebody listens there, connections to it are refused. */
export function freePort(): number {
  for (;;) {
    while (held.next < held.beyond) {
      const port = held.next++;
      if (isFree(port)) return port;
    }
    takeBlock();
  }
}

function takeBlock(): void {
  const start = Math.floor(Math.random() * BLOCKS);
  for (let n = 0; n < BLOCKS; n++) {
    const block = (start + n) % BLOCKS;
    const lock = lockOf(block);
    if (lock === null) continue;
    held.locks.push(lock);
    held.next = FIRST_PORT + block * BLOCK;
    held.beyond = held.next + BLOCK;
    return;
  }
  throw new Error(
    `every port from ${FIRST_PORT} to ${BEYOND - 1} belongs to some test or bench that runs on this machine`,
  );
}

/** Holds a block until this process ends, however it ends; null: another process has it. A name of this kind is no file
 * (unix(7), abstract), and the system forgets it with the process. */
function lockOf(block: number): Disposable | null {
  try {
    const lock = Bun.listen({ unix: `\0keystone-test-ports-${block}`, socket: { data: () => undefined } });
    lock.unref();
    return lock;
  } catch {
    return null;
  }
}

/** Whether no other program of the machine listens there, on any address. */
function isFree(port: number): boolean {
  return ['::', '0.0.0.0'].every((hostname) => {
    try {
      Bun.listen({ hostname, port, socket: { data: () => undefined } }).stop(true);
      return true;
    } catch (error) {
      // A machine may have no IPv6.
      return hostname === '::' && (error as { code?: string }).code !== 'EADDRINUSE';
    }
  });
}

/** Listens on a port that stays the server's, also while it does not listen; resolves with the port. */
export function listen(server: Server): Promise<number> {
  const port = freePort();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(port));
  });
}

/** Whether a program on this machine accepts connections at the port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
