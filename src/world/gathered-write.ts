// Writes two pieces of memory to a socket in one system call (sendmsg(2)): a second call costs as much as everything else that
// is done for a response of 64 KiB. The runtime writes one piece at a time.
import { ptr } from 'bun:ffi';
import { fromLibc } from './libc.ts';

/** Writes `head` and bytes[start, end) to the socket; returns how many bytes of both the kernel took, or -1. */
export type GatheredWrite = (fd: number, head: Uint8Array, bytes: Uint8Array, start: number, end: number) => number;

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const WORD = 2 ** 32;

// `struct iovec` has an address and a size; `struct msghdr` has the address of them and their number at 16 and 24. All are of
// 64 bits, in the byte order of every processor that the runtime is built for: low half first.
const IOVEC_BYTES = 16;
const MESSAGE_BYTES = 56;
const OF_PIECES = 4;

let opened: GatheredWrite | null | undefined = undefined;

/** Null: this is not Linux. */
export function gatheredWrite(): GatheredWrite | null {
  if (opened === undefined) opened = open();
  return opened;
}

function open(): GatheredWrite | null {
  // It returns 64 bits, of which a read of the runtime, half a megabyte at most, needs the lower ones.
  const libc = fromLibc({ sendmsg: { args: ['i32', 'ptr', 'i32'], returns: 'i32' } });
  if (libc === null) return null;
  const pieces = new Uint32Array(new ArrayBuffer(2 * IOVEC_BYTES));
  const message = new Uint32Array(new ArrayBuffer(MESSAGE_BYTES));
  setPair(message, OF_PIECES, ptr(pieces), 2);
  return (fd, head, bytes, start, end) => {
    setPair(pieces, 0, ptr(head), head.length);
    setPair(pieces, 4, ptr(bytes, start), end - start);
    return libc.sendmsg(fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
  };
}

// An address and a size, or a number of addresses.
function setPair(words: Uint32Array, at: number, address: number, size: number): void {
  words[at] = address % WORD;
  words[at + 1] = Math.floor(address / WORD);
  words[at + 2] = size;
}
