// More room for what the kernel keeps of a connection's output: SO_SNDBUF (socket(7)). The runtime has no call for it.
import { dlopen } from 'bun:ffi';
import { readFileSync } from 'node:fs';
import type { MakeRoom } from '../core/outbox.ts';

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const INT_BYTES = 4;
const LARGEST = '/proc/sys/net/core/wmem_max';
// Of the C libraries of Linux; elsewhere the numbers above are others, and nothing is done.
const LIBRARIES = ['libc.so.6', 'libc.so'];

type Options = {
  /** The most that may be set. */
  readonly largest: number;
  /** What is in force: twice of what was set, or what the kernel has made of it by itself. */
  readonly get: (fd: number) => number;
  readonly set: (fd: number, value: number) => boolean;
};

/** Makes room where the system lets it. Opens the C library when it is first needed: few gateways meet a client that is
 * so slow. */
export function createMakeRoom(): MakeRoom {
  let options: Options | null | undefined;
  return (sink, more) => {
    if (options === undefined) options = process.platform === 'linux' ? open() : null;
    if (options === null || !('fd' in sink) || typeof sink.fd !== 'number' || sink.fd < 0) return false;
    // Twice as much as is needed, since what is kept counts with its bookkeeping. A value beyond the largest would be cut
    // down to it without a word, and may take room away.
    const wanted = Math.ceil(options.get(sink.fd) / 2) + more;
    return wanted <= options.largest && options.set(sink.fd, wanted);
  };
}

function open(): Options | null {
  for (const library of LIBRARIES) {
    try {
      return optionsOf(library);
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

function optionsOf(library: string): Options {
  const { symbols } = dlopen(library, {
    getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
    setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  });
  const value = new Int32Array(1);
  const length = new Uint32Array(1);
  return {
    largest: Number(readFileSync(LARGEST, 'latin1')),
    get(fd) {
      value[0] = 0;
      length[0] = INT_BYTES;
      symbols.getsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, length);
      return value[0];
    },
    set(fd, size) {
      value[0] = size;
      return symbols.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, INT_BYTES) === 0;
    },
  };
}
