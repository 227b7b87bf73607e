// The calls of the C library for descriptors and local ports.
import { fromLibc } from './libc.ts';

export type SystemCalls = NonNullable<ReturnType<typeof open>>;

let opened: SystemCalls | null | undefined = undefined;

/** Null: this is not Linux. Other systems have other numbers and structures. */
export function systemCalls(): SystemCalls | null {
  if (opened === undefined) opened = open();
  return opened;
}

function open() {
  return fromLibc({
    getrlimit: { args: ['i32', 'ptr'], returns: 'i32' },
    setrlimit: { args: ['i32', 'ptr'], returns: 'i32' },
    eventfd: { args: ['u32', 'i32'], returns: 'i32' },
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    listen: { args: ['i32', 'i32'], returns: 'i32' },
    connect: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
    close: { args: ['i32'], returns: 'i32' },
    epoll_ctl: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
  });
}
