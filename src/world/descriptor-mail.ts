// Hands descriptors to another process that has the other end of a pair of sockets (SCM_RIGHTS, unix(7)). Whoever has been
// sent one reads it as soon as it is told by other means: the system keeps what was sent until then.
import { ptr } from 'bun:ffi';
import type { Descriptor, ErrorCode } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { lastError } from './errno.ts';
import { fromLibc, onFirstUse } from './libc.ts';
import { NOT_HERE } from './shared-memory.ts';
import { AF_UNIX } from './socket-address.ts';

const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

const LONGEST_TEXT = 4096;
/** The system's own limit for one message (SCM_MAX_FD). */
const MOST_DESCRIPTORS = 253;

const calls = onFirstUse(() =>
  fromLibc({
    socketpair: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
    sendmsg: { args: ['i32', 'ptr', 'i32'], returns: 'i64' },
    recvmsg: { args: ['i32', 'ptr', 'i32'], returns: 'i64' },
  }),
);

/** What one message has. */
export type Parcel = { readonly text: string; readonly descriptors: readonly Descriptor[] };

/** Both ends. Neither goes to programs that this process starts, unless it is handed to them. */
export function makePair(): Result<readonly [Descriptor, Descriptor], ErrorCode> {
  const libc = calls();
  if (libc === null) return err(NOT_HERE);
  const ends = new Int32Array(2);
  const isMade = libc.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) === 0;
  return isMade ? ok([ends[0] ?? -1, ends[1] ?? -1]) : err(lastError());
}

/** The text says what the descriptors are. They stay open here. Never waits: EAGAIN if the other end does not read. */
export function send(socket: Descriptor, { text, descriptors }: Parcel): Result<void, ErrorCode> {
  const libc = calls();
  if (libc === null) return err(NOT_HERE);
  const bytes = new TextEncoder().encode(text);
  // Without a byte a message would look like the end.
  if (bytes.length === 0 || bytes.length > LONGEST_TEXT || descriptors.length > MOST_DESCRIPTORS)
    return err('EMSGSIZE');
  const message = new Message(bytes, controlWith(descriptors));
  const isSent = libc.sendmsg(socket, message.header, MSG_NOSIGNAL) >= 0;
  return isSent ? ok(undefined) : err(lastError());
}

/** The next message. Null: there is none at the moment, or the other end is closed. */
export function receive(socket: Descriptor): Parcel | null {
  const libc = calls();
  if (libc === null) return null;
  const message = new Message(new Uint8Array(LONGEST_TEXT), new ArrayBuffer(controlBytes(MOST_DESCRIPTORS)));
  const length = Number(libc.recvmsg(socket, message.header, MSG_CMSG_CLOEXEC));
  if (length <= 0) return null;
  const text = new TextDecoder().decode(message.content.subarray(0, length));
  return { text, descriptors: descriptorsIn(new DataView(message.control, 0, message.controlLength)) };
}

// struct msghdr: name, length of it, vector, length of it, control, length of it, flags. struct iovec: start and length. All
// are numbers of 64 bits, with the room that is left between them.
const VECTOR = 2;
const VECTORS = 3;
const CONTROL = 4;
const CONTROL_LENGTH = 5;
const HEADER_WORDS = 7;

/** One message, laid out for the system. It holds all that the header points to. */
class Message {
  readonly header = new BigUint64Array(HEADER_WORDS);
  private readonly vector: BigUint64Array;

  constructor(
    readonly content: Uint8Array,
    readonly control: ArrayBuffer,
  ) {
    this.vector = new BigUint64Array([BigInt(ptr(content)), BigInt(content.length)]);
    this.header[VECTOR] = BigInt(ptr(this.vector));
    this.header[VECTORS] = 1n;
    if (control.byteLength === 0) return;
    this.header[CONTROL] = BigInt(ptr(control));
    this.header[CONTROL_LENGTH] = BigInt(control.byteLength);
  }

  /** As the system has filled it. */
  get controlLength(): number {
    return Number(this.header[CONTROL_LENGTH]);
  }
}

// struct cmsghdr: length with the header (64 bits), level and type (32 bits each), then the numbers.
const CONTROL_HEADER = 16;
const NUMBER = 4;

function controlBytes(count: number): number {
  return CONTROL_HEADER + Math.ceil((count * NUMBER) / 8) * 8;
}

function controlWith(descriptors: readonly Descriptor[]): ArrayBuffer {
  if (descriptors.length === 0) return new ArrayBuffer(0);
  const view = new DataView(new ArrayBuffer(controlBytes(descriptors.length)));
  view.setBigUint64(0, BigInt(CONTROL_HEADER + descriptors.length * NUMBER), true);
  view.setInt32(8, SOL_SOCKET, true);
  view.setInt32(12, SCM_RIGHTS, true);
  for (const [at, descriptor] of descriptors.entries()) view.setInt32(CONTROL_HEADER + at * NUMBER, descriptor, true);
  return view.buffer;
}

function descriptorsIn(view: DataView): readonly Descriptor[] {
  if (view.byteLength < CONTROL_HEADER || view.getInt32(12, true) !== SCM_RIGHTS) return [];
  const count = (Number(view.getBigUint64(0, true)) - CONTROL_HEADER) / NUMBER;
  return Array.from({ length: count }, (_, at) => view.getInt32(CONTROL_HEADER + at * NUMBER, true));
}
