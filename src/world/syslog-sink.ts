// Sends lines to a syslog daemon (RFC 5424): each in a datagram of its own, to a socket of this machine or by UDP.
import { hostname } from 'node:os';
import type { SyslogAddress } from '../core/access-log-settings.ts';
import { parseAddress } from '../core/cidr.ts';
import type { LogSink, SinkProblem } from '../core/log-sink.ts';
import { lastError } from './errno.ts';
import { fromLibc, onFirstUse } from './libc.ts';
import { AF_INET, AF_INET6, AF_UNIX, ipSocketAddress, unixSocketAddress } from './socket-address.ts';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const LF = 0x0a;
// RFC 5424 6.2.1: facility local7, as of web servers; severity informational.
const PRIORITY = 23 * 8 + 6;
// The most that a datagram of UDP holds.
const LONGEST = 65_507;

const libc = onFirstUse(() =>
  fromLibc({
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    sendto: { args: ['i32', 'ptr', 'u64', 'i32', 'ptr', 'u32'], returns: 'i64' },
    close: { args: ['i32'], returns: 'i32' },
  }),
);

/** Nobody waits for the daemon: what it does not take at once is tried again later. */
export class SyslogSink implements LogSink {
  private socket = -1;
  private readonly address: Uint8Array | null;
  private readonly family: number;

  constructor(
    to: SyslogAddress,
    private readonly wall: () => number,
  ) {
    this.address = addressOf(to);
    this.family = to.kind === 'unix' ? AF_UNIX : to.hostname.includes(':') ? AF_INET6 : AF_INET;
  }

  write(
    bytes: Uint8Array,
    start: number,
    end: number,
    done: (taken: number, problem: SinkProblem | null) => void,
  ): void {
    const beginning = Buffer.from(this.beginning());
    for (let from = start; from < end; ) {
      const stop = bytes.indexOf(LF, from);
      const problem = this.send(Buffer.concat([beginning, bytes.subarray(from, stop)]).subarray(0, LONGEST));
      if (problem !== null) return done(from - start, problem);
      from = stop + 1;
    }
    done(end - start, null);
  }

  reopen(): void {}

  look(): void {}

  close(): void {
    if (this.socket >= 0) libc()?.close(this.socket);
    this.socket = -1;
  }

  private beginning(): string {
    const time = new Date(this.wall()).toISOString();
    return `<${PRIORITY}>1 ${time} ${hostname() || '-'} keystone ${process.pid} access - `;
  }

  private send(message: Uint8Array): SinkProblem | null {
    const { address, family } = this;
    const calls = libc();
    if (calls === null || address === null) return 'not on this system';
    if (this.socket < 0) this.socket = calls.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (this.socket < 0) return lastError();
    const sent = calls.sendto(this.socket, message, message.length, MSG_NOSIGNAL, address, address.length);
    return Number(sent) < 0 ? lastError() : null;
  }
}

// Null: there can be no such socket.
function addressOf(to: SyslogAddress): Uint8Array | null {
  if (to.kind === 'unix') return unixSocketAddress(to.path);
  return ipSocketAddress(to.hostname.includes(':'), parseAddress(to.hostname), to.port);
}
