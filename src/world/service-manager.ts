// Tells the service manager how the service is (sd_notify(3)): one datagram with lines of NAME=value to the socket that it has
// named.
import type { Millis } from '../core/units.ts';
import { millis } from '../core/units.ts';
import { fromLibc } from './libc.ts';
import { unixSocketAddress } from './socket-address.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const MICROSECONDS = 1000;

export type ServiceManager = {
  /** What it does not take at once it is not told. */
  readonly tell: (lines: readonly string[]) => void;
  /** How often it wants to hear from this process, or ends it; null: it does not care. */
  readonly watchdog: Millis | null;
};

/** Null: nobody wants to be told. Later calls and started programs find no such manager: there is one voice. */
export function takeServiceManager(environment: Record<string, string | undefined>): ServiceManager | null {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = environment;
  for (const variable of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[variable];
  const libc = fromLibc({
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    sendto: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'u32'], returns: 'i64' },
  });
  const address = path === undefined || !/^[/@]./.test(path) ? null : unixSocketAddress(path);
  if (libc === null || address === null) return null;
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return null;
  const isWatched = /^[1-9]\d*$/.test(usec ?? '') && (pid === undefined || pid === String(process.pid));
  return {
    tell(lines) {
      const bytes = Buffer.from(lines.join('\n'));
      libc.sendto(socket, bytes, bytes.length, MSG_NOSIGNAL, address, address.length);
    },
    watchdog: isWatched ? millis(Number(usec) / MICROSECONDS) : null,
  };
}
