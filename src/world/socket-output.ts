// Makes the system calls for how much output the kernel keeps for a socket: SO_SNDBUF (socket(7)), TCP_NOTSENT_LOWAT and
// SIOCOUTQ (tcp(7)). The runtime has no calls for these.
import { dlopen } from 'bun:ffi';
import { readFileSync } from 'node:fs';
import type { ByteSink, KernelOutput } from '../core/kernel-output.ts';
import type { Bytes } from '../core/units.ts';

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;
const SIOCOUTQ = 0x5411;
const INT_BYTES = 4;
const NO_LIMIT = -1;
const LARGEST = '/proc/sys/net/core/wmem_max';
// The C libraries of Linux. Other systems have other numbers for the constants above; there, nothing is done.
const LIBRARIES = ['libc.so.6', 'libc.so'];

type SocketOptions = {
  readonly get: (fd: number, level: number, name: number) => number;
  readonly set: (fd: number, level: number, name: number, value: number) => boolean;
  /** Null: the call failed. */
  readonly ask: (fd: number, request: number) => number | null;
};

/** For the system that this process runs on. */
export function createKernelOutput(): KernelOutput {
  const options = process.platform === 'linux' ? open() : null;
  return options === null
    ? { limit: () => undefined, writeBeyondLimit: () => 0, waiting: () => null }
    : new LinuxOutput(options);
}

class LinuxOutput implements KernelOutput {
  /** The largest value that the system accepts for SO_SNDBUF. */
  private readonly largest = Number(readFileSync(LARGEST, 'latin1'));

  constructor(private readonly options: SocketOptions) {}

  limit(listener: object, unsent: Bytes): void {
    const fd = descriptorOf(listener);
    if (fd !== null) this.options.set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsent);
  }

  writeBeyondLimit(sink: ByteSink, bytes: Uint8Array, start: number, size: number): number {
    const fd = descriptorOf(sink);
    if (fd === null) return 0;
    const limit = this.options.get(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT);
    this.options.set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NO_LIMIT);
    let taken = Math.max(0, sink.write(bytes, start, size));
    if (taken < size && this.makeRoom(fd, size - taken))
      taken += Math.max(0, sink.write(bytes, start + taken, size - taken));
    this.options.set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, limit);
    return taken;
  }

  waiting(sink: ByteSink): number | null {
    const fd = descriptorOf(sink);
    return fd === null ? null : this.options.ask(fd, SIOCOUTQ);
  }

  // SO_SNDBUF reads as twice the value that was set, or as the size that the kernel has chosen itself; so this makes room for
  // twice `more`, which is needed, since kept bytes count with their bookkeeping. A value beyond the largest is not set: the
  // kernel would silently cut it down to the largest, and may take room away.
  private makeRoom(fd: number, more: number): boolean {
    const wanted = Math.ceil(this.options.get(fd, SOL_SOCKET, SO_SNDBUF) / 2) + more;
    return wanted <= this.largest && this.options.set(fd, SOL_SOCKET, SO_SNDBUF, wanted);
  }
}

function descriptorOf(socket: object): number | null {
  return 'fd' in socket && typeof socket.fd === 'number' && socket.fd >= 0 ? socket.fd : null;
}

function open(): SocketOptions | null {
  for (const library of LIBRARIES) {
    try {
      return optionsOf(library);
    } catch {
      // Try the next library.
    }
  }
  return null;
}

function optionsOf(library: string): SocketOptions {
  const { symbols } = dlopen(library, {
    getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
    setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
    ioctl: { args: ['i32', 'u64', 'ptr'], returns: 'i32' },
  });
  const value = new Int32Array(1);
  const length = new Uint32Array(1);
  return {
    get(fd, level, name) {
      value[0] = 0;
      length[0] = INT_BYTES;
      symbols.getsockopt(fd, level, name, value, length);
      return value[0];
    },
    set(fd, level, name, wanted) {
      value[0] = wanted;
      return symbols.setsockopt(fd, level, name, value, INT_BYTES) === 0;
    },
    ask: (fd, request) => (symbols.ioctl(fd, request, value) === 0 ? value[0] : null),
  };
}
