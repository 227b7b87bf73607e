// Why a connection could not be opened: the runtime says "refused" also where this process has no descriptor left (EMFILE) or
// this machine no local port (EADDRNOTAVAIL).
import { parseAddress } from '../core/cidr.ts';
import { errorCode } from '../core/connect-failure.ts';
import { type ConnectAddress, isSocketPath } from '../core/connector.ts';
import type { Descriptors } from '../core/descriptors.ts';
import { Shortage } from '../core/shortage.ts';
import { AF_INET, AF_INET6, hasPort, ipSocketAddress } from './socket-address.ts';
import { type SystemCalls, systemCalls } from './system-calls.ts';

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

// fork(2) fails with EAGAIN where a limit of processes is reached.
const SPAWN_ERRORS: Readonly<Record<string, Shortage['of']>> = {
  EMFILE: 'descriptors',
  ENFILE: 'descriptors',
  EAGAIN: 'processes',
  ENOMEM: 'processes',
};

/** What the gateway lacked when a connection just failed; null: it lacked nothing. Ask before anything else happens. */
export function shortageAt(address: ConnectAddress, descriptors: Descriptors): Shortage | null {
  if (descriptors.next() === null) return new Shortage('descriptors');
  const calls = systemCalls();
  return calls !== null && !isSocketPath(address.hostname) && isOutOfPorts(calls, address)
    ? new Shortage('ports')
    : null;
}

/** What the gateway lacked when a program could not be started; null: nothing. */
export function shortageOfSpawn(error: unknown): Shortage | null {
  const of = SPAWN_ERRORS[errorCode(error) ?? ''];
  return of === undefined ? null : new Shortage(of);
}

// First without the network: while the system finds a port that nobody uses, ports are not what was missing. If it finds
// none, there may still be one for this address (a port can be used towards many addresses). That shows by connecting.
function isOutOfPorts(calls: SystemCalls, { hostname, port }: ConnectAddress): boolean {
  const bytes = parseAddress(hostname);
  const isIpv6 = hostname.includes(':');
  const socket = calls.socket(isIpv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return false; // this machine does not have the family
  const nowhere = ipSocketAddress(isIpv6, null, 0);
  let isOut = calls.bind(socket, nowhere, nowhere.length) !== 0;
  if (isOut && bytes !== null) isOut = !getsPort(calls, socket, ipSocketAddress(isIpv6, bytes, port));
  calls.close(socket);
  return isOut;
}

function getsPort(calls: SystemCalls, socket: number, to: Uint8Array): boolean {
  if (calls.connect(socket, to, to.length) === 0) return true;
  const own = new Uint8Array(to.length);
  calls.getsockname(socket, own, Uint32Array.of(own.length));
  return hasPort(own);
}
