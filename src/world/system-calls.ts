// The calls of the C library for descriptors and local ports. The runtime has none for these.
import { dlopen } from 'bun:ffi';

const LIBRARIES = ['libc.so.6', 'libc.so'];

export type SystemCalls = ReturnType<typeof callsOf>;

let opened: SystemCalls | null | undefined = undefined;

/** Null: this is not Linux. Other systems have other numbers and structures. */
export function systemCalls(): SystemCalls | null {
  if (opened === undefined) opened = process.platform === 'linux' ? open() : null;
  return opened;
}

function open(): SystemCalls | null {
  for (const library of LIBRARIES) {
    try {
      return callsOf(library);
    } catch {
      // Try the next library.
    }
  }
  return null;
}

function callsOf(library: string) {
  return dlopen(library, {
    getrlimit: { args: ['i32', 'ptr'], returns: 'i32' },
    setrlimit: { args: ['i32', 'ptr'], returns: 'i32' },
    eventfd: { args: ['u32', 'i32'], returns: 'i32' },
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    connect: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
    close: { args: ['i32'], returns: 'i32' },
    epoll_ctl: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
  }).symbols;
}
