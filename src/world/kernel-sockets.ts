// Makes the system's calls for sockets that listen (socket(2), bind(2), listen(2), socket(7)).
import { ptr, read, toArrayBuffer } from 'bun:ffi';
import { rmSync } from 'node:fs';
import type { BoundAddress, Descriptor, ErrorCode, KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { withOwnerOnly } from '../listen/unix-socket.ts';
import { holderOf } from './address-holder.ts';
import { lastError } from './errno.ts';
import { groupNumber } from './identity.ts';
import { fromLibc, onFirstUse } from './libc.ts';
import { AF_INET6, AF_UNIX, LARGEST_ADDRESS, readSocketAddress, unixSocketAddress } from './socket-address.ts';
import { QUEUE } from './descriptors.ts';
import { type SocketOptions, socketOptions } from './socket-options.ts';

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_ACCEPTCONN = 30;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;
const LOWEST = 3;
const POLLIN = 1;
const AI_PASSIVE = 1;

const EVERY_HOST = ['::', '0.0.0.0'];

type Calls = NonNullable<ReturnType<typeof open>>;

/** Null: not on this system. */
export const kernelSockets: () => KernelSockets | null = onFirstUse(() => {
  const calls = open();
  const options = socketOptions();
  return calls === null || options === null ? null : new LinuxSockets(calls, options);
});

function open() {
  return fromLibc({
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    listen: { args: ['i32', 'i32'], returns: 'i32' },
    getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
    setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
    fcntl: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    close: { args: ['i32'], returns: 'i32' },
    poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' },
    getaddrinfo: { args: ['ptr', 'ptr', 'ptr', 'ptr'], returns: 'i32' },
    freeaddrinfo: { args: ['u64'], returns: 'void' },
  });
}

class LinuxSockets implements KernelSockets {
  readonly holderOf = holderOf;
  readonly groupNumber = groupNumber;

  constructor(
    private readonly calls: Calls,
    private readonly options: SocketOptions,
  ) {}

  listen(wanted: WantedAddress, sharing: 'alone' | 'shared'): Result<Descriptor, ErrorCode> {
    if (wanted.kind === 'unix') return this.listenOnPath(wanted.path);
    const { hostname, port } = wanted;
    let problem: Result<Descriptor, ErrorCode> = err('ENOTFOUND');
    for (const host of hostname === null ? EVERY_HOST : [hostname])
      for (const address of resolve(this.calls, host, port)) {
        const made = this.listenAt(address, sharing);
        if (made.ok) return made;
        problem = made;
      }
    return problem;
  }

  share(socket: Descriptor): void {
    this.options.set(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  }

  addressOf(socket: Descriptor): BoundAddress | null {
    const bytes = new Uint8Array(LARGEST_ADDRESS);
    const length = Uint32Array.of(bytes.length);
    if (this.calls.getsockname(socket, bytes, length) !== 0) return null;
    return readSocketAddress(bytes, length[0] ?? 0);
  }

  isListening(socket: Descriptor): boolean {
    return this.options.get(socket, SOL_SOCKET, SO_ACCEPTCONN) === 1;
  }

  isShared(socket: Descriptor): boolean {
    return this.options.get(socket, SOL_SOCKET, SO_REUSEPORT) === 1;
  }

  hasWaiting(socket: Descriptor): boolean {
    const asked = Int32Array.of(socket, POLLIN);
    return this.calls.poll(asked, 1, 0) === 1 && (asked[1] ?? 0) >> 16 === POLLIN;
  }

  turnAway(socket: Descriptor): void {
    const address = this.addressOf(socket);
    if (address?.kind === 'unix') {
      if (!address.path.startsWith('@')) rmSync(address.path, { force: true });
      return;
    }
    // Keep the program in reach until the call is over: it is named to the system by its address.
    const program = new BigUint64Array(NO_NEW_CLIENTS);
    const wanted = new BigUint64Array([BigInt(program.length), BigInt(ptr(program))]);
    this.calls.setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, wanted, wanted.byteLength);
    program.fill(0n);
  }

  letIn(socket: Descriptor): void {
    this.options.set(socket, SOL_SOCKET, SO_DETACH_FILTER, 0);
  }

  duplicate(socket: Descriptor): Result<Descriptor, ErrorCode> {
    const made = this.calls.fcntl(socket, F_DUPFD_CLOEXEC, LOWEST);
    return made < 0 ? err(lastError()) : ok(made);
  }

  close(socket: Descriptor): void {
    this.calls.close(socket);
  }

  keepFromPrograms(socket: Descriptor): void {
    this.calls.fcntl(socket, F_SETFD, FD_CLOEXEC);
  }

  private listenOnPath(path: string): Result<Descriptor, ErrorCode> {
    const address = unixSocketAddress(path);
    return address === null ? err('ENAMETOOLONG') : withOwnerOnly(() => this.listenAt(address, 'alone'));
  }

  private listenAt(address: Uint8Array, sharing: 'alone' | 'shared'): Result<Descriptor, ErrorCode> {
    const { calls, options } = this;
    const family = address[0] ?? 0;
    const socket = calls.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return err(lastError());
    if (family !== AF_UNIX) options.set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    // For every address (::) IPv4 clients come in as well, as with the runtime's own sockets.
    if (family === AF_INET6) options.set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (sharing === 'shared') options.set(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    if (calls.bind(socket, address, address.length) === 0 && calls.listen(socket, QUEUE) === 0) return ok(socket);
    const problem = lastError();
    calls.close(socket);
    return err(problem);
  }
}

// A program for the kernel (bpf(4), struct sock_filter) that lets every packet but a client's first one pass: byte 13 of a TCP
// header has the flags, and of SYN and ACK the first packet has SYN alone. A handshake under way can come to its end. The
// client of a dropped SYN sends it again after a second.
const NO_NEW_CLIENTS = [
  instruction(0x30, 0, 0, 13), // load the byte
  instruction(0x54, 0, 0, 0x12), // keep SYN and ACK
  instruction(0x15, 0, 1, 0x02), // SYN alone: the next one, else the one after it
  instruction(0x06, 0, 0, 0), // drop
  instruction(0x06, 0, 0, 0xffff_ffff), // pass
];

function instruction(code: number, ifTrue: number, ifFalse: number, value: number): bigint {
  return BigInt(code) | (BigInt(ifTrue) << 16n) | (BigInt(ifFalse) << 24n) | (BigInt(value) << 32n);
}

// struct addrinfo (getaddrinfo(3)).
const INFO = { flags: 0, type: 8, length: 16, address: 24, next: 40, bytes: 48 } as const;

/** The addresses of a host, as `bind` takes them; those of IPv6 first, as the runtime tries them. */
function resolve(calls: Calls, host: string, port: number): readonly Uint8Array[] {
  const hints = new Int32Array(INFO.bytes / Int32Array.BYTES_PER_ELEMENT);
  hints[INFO.flags / Int32Array.BYTES_PER_ELEMENT] = AI_PASSIVE;
  hints[INFO.type / Int32Array.BYTES_PER_ELEMENT] = SOCK_STREAM;
  const first = new BigUint64Array(1);
  if (calls.getaddrinfo(Buffer.from(`${host}\0`), Buffer.from(`${port}\0`), hints, first) !== 0) return [];
  const start = Number(first[0]);
  const found = addressesFrom(start);
  calls.freeaddrinfo(start);
  return found.toSorted((one, other) => (other[0] ?? 0) - (one[0] ?? 0));
}

function addressesFrom(start: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = start; at !== 0; at = read.ptr(at, INFO.next)) {
    const length = read.u32(at, INFO.length);
    found.push(new Uint8Array(toArrayBuffer(read.ptr(at, INFO.address), 0, length).slice(0)));
  }
  return found;
}
