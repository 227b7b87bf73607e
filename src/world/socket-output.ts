// Makes the system calls for how much output the kernel keeps for a socket: SO_SNDBUF (socket(7)), TCP_NOTSENT_LOWAT and
// SIOCOUTQ (tcp(7)).
import { readFileSync } from 'node:fs';
import type { ByteSink, KernelOutput } from '../core/kernel-output.ts';
import type { Bytes } from '../core/units.ts';
import { type GatheredWrite, gatheredWrite } from './gathered-write.ts';
import { type SocketOptions, descriptorOf, socketOptions } from './socket-options.ts';

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;
const SIOCOUTQ = 0x5411;
const NO_LIMIT = -1;
const LARGEST = '/proc/sys/net/core/wmem_max';

/** For the system that this process runs on. */
export function createKernelOutput(): KernelOutput {
  const options = socketOptions();
  const gathered = gatheredWrite();
  return options === null || gathered === null ? UNKNOWN : new LinuxOutput(options, gathered);
}

const UNKNOWN: KernelOutput = {
  limit: () => undefined,
  writeBeyondLimit: () => 0,
  writeBoth: () => 0,
  waiting: () => null,
};

class LinuxOutput implements KernelOutput {
  /** The largest value that the system accepts for SO_SNDBUF. */
  private readonly largest = Number(readFileSync(LARGEST, 'latin1'));

  constructor(
    private readonly options: SocketOptions,
    private readonly gathered: GatheredWrite,
  ) {}

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

  writeBoth(sink: ByteSink, head: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    const fd = descriptorOf(sink);
    return fd === null ? 0 : Math.max(0, this.gathered(fd, head, bytes, start, end));
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
