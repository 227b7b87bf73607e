// Asks the kernel about a socket and sets what it does with it (getsockopt, setsockopt, ioctl). The runtime has no calls for
// these.
import { fromLibc } from './libc.ts';

const INT_BYTES = 4;

export type SocketOptions = {
  readonly get: (fd: number, level: number, name: number) => number;
  readonly set: (fd: number, level: number, name: number, value: number) => boolean;
  /** Null: the call failed. */
  readonly ask: (fd: number, request: number) => number | null;
};

let opened: SocketOptions | null | undefined = undefined;

/** Null: this system has no such calls, or others than Linux has. */
export function socketOptions(): SocketOptions | null {
  if (opened === undefined) opened = open();
  return opened;
}

/** Null: the socket is closed. */
export function descriptorOf(socket: object): number | null {
  return 'fd' in socket && typeof socket.fd === 'number' && socket.fd >= 0 ? socket.fd : null;
}

function open(): SocketOptions | null {
  const libc = fromLibc({
    getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
    setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
    ioctl: { args: ['i32', 'u64', 'ptr'], returns: 'i32' },
  });
  if (libc === null) return null;
  const value = new Int32Array(1);
  const length = new Uint32Array(1);
  return {
    get(fd, level, name) {
      value[0] = 0;
      length[0] = INT_BYTES;
      libc.getsockopt(fd, level, name, value, length);
      return value[0];
    },
    set(fd, level, name, wanted) {
      value[0] = wanted;
      return libc.setsockopt(fd, level, name, value, INT_BYTES) === 0;
    },
    ask: (fd, request) => (libc.ioctl(fd, request, value) === 0 ? value[0] : null),
  };
}
