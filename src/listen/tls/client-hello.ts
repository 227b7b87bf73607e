// What a TLS client says first (RFC 8446 4.1.2): the name that it asks for and the protocols that it speaks decide what it is
// served with, before the runtime begins the handshake with the same bytes.
import { withoutFinalDot } from '../../core/certificate-names.ts';
import { EMPTY, latin1 } from '../../message/bytes.ts';

export type ClientHello = {
  /** In lower case, without a final dot; null: the client names none. */
  readonly serverName: string | null;
  /** The protocols that it offers (RFC 7301), in its order. */
  readonly protocols: readonly string[];
};

/** `plain`: these bytes are a request without TLS. `refused`: they are nothing that a client begins with. */
export type HelloVerdict = ClientHello | 'more' | 'plain' | 'refused';

const RECORD_HEAD = 5;
const HANDSHAKE = 22;
const MAJOR_VERSION = 3;
const LARGEST_RECORD = 0x4000;
const MESSAGE_HEAD = 4;
const CLIENT_HELLO = 1;
// The runtime takes no larger one. Those of browsers have 2 KiB at most.
const LARGEST_HELLO = 0x4000;
// Hardly any client needs a second one. Each that comes has all before it read once more.
const MOST_RECORDS = 128;
const LARGEST_INPUT = LARGEST_HELLO + MOST_RECORDS * RECORD_HEAD;

const LETTER_A = 0x41;
const LETTER_Z = 0x5a;

const RANDOM_END = 34;
const SERVER_NAME = 0;
const PROTOCOLS = 16;
const HOST_NAME = 0;

// What it does not understand the runtime will refuse, with the alert that fits.
const UNREADABLE: ClientHello = { serverName: null, protocols: [] };

/** Gathers the first message of one connection, which may come in pieces. */
export class ClientHelloReader {
  /** All bytes so far are those before `size`. */
  private gathered: Uint8Array = EMPTY;
  private size = 0;
  /** With fewer bytes there is no need to look again. */
  private needed = 1;

  /** Takes the next bytes; called until the answer is not `more`. */
  feed(chunk: Uint8Array): HelloVerdict {
    if (this.size === 0) this.gathered = chunk;
    else this.append(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return 'more';
    const verdict = readHello(this.bytes);
    if (typeof verdict !== 'number') return verdict;
    if (verdict > LARGEST_INPUT) return 'refused';
    this.needed = verdict;
    return 'more';
  }

  /** Everything that has come, for the handshake. */
  get bytes(): Uint8Array {
    const { gathered, size } = this;
    return gathered.length === size ? gathered : gathered.subarray(0, size);
  }

  // The room doubles: a client that sends byte by byte does not have all bytes copied for each of them.
  private append(chunk: Uint8Array): void {
    const wanted = this.size + chunk.length;
    if (wanted > this.gathered.length) {
      const larger = new Uint8Array(Math.max(wanted, 2 * this.size));
      larger.set(this.bytes);
      this.gathered = larger;
    }
    this.gathered.set(chunk, this.size);
  }
}

// A number: so many bytes are needed to go on.
function readHello(bytes: Uint8Array): ClientHello | 'plain' | 'refused' | number {
  if (bytes[0] !== HANDSHAKE) return isLetter(bytes[0]) ? 'plain' : 'refused';
  // It begins at `from`.
  let message: Uint8Array = bytes;
  let from = RECORD_HEAD;
  let filled = 0;
  let at = 0;
  for (let records = 0; records < MOST_RECORDS; records++) {
    const start = at + RECORD_HEAD;
    if (start > bytes.length) return start;
    const size = bytes[at + 3] * 256 + bytes[at + 4];
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== MAJOR_VERSION || size === 0 || size > LARGEST_RECORD)
      return 'refused';
    const end = Math.min(start + size, bytes.length);
    // Nearly always there is one record, of which nothing has to be copied.
    if (at > 0) {
      message = added(from === 0 ? message : message.subarray(from), filled, bytes, start, end);
      from = 0;
    }
    filled += end - start;
    const whole = MESSAGE_HEAD + sizeOfMessage(message, from);
    if (filled >= MESSAGE_HEAD) {
      if (message[from] !== CLIENT_HELLO) return 'refused';
      if (whole > LARGEST_HELLO) return UNREADABLE;
      if (filled >= whole) return readBody(message, from + MESSAGE_HEAD, from + whole);
    }
    if (end < start + size) return Math.min(start + size, bytes.length + lackOf(filled, whole));
    at = end;
  }
  return 'refused';
}

// With room for all that has come: a client may send records of a byte each.
function added(message: Uint8Array, filled: number, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const roomy = message.length >= bytes.length ? message : new Uint8Array(bytes.length);
  if (roomy !== message) roomy.set(message.subarray(0, filled));
  roomy.set(bytes.subarray(start, end), filled);
  return roomy;
}

// Of a method.
function isLetter(byte: number): boolean {
  return byte >= LETTER_A && byte <= LETTER_Z;
}

function lackOf(filled: number, whole: number): number {
  return (filled < MESSAGE_HEAD ? MESSAGE_HEAD : whole) - filled;
}

function sizeOfMessage(message: Uint8Array, from: number): number {
  return ((message[from + 1] ?? 0) << 16) | ((message[from + 2] ?? 0) << 8) | (message[from + 3] ?? 0);
}

// Positions instead of views: a client names a dozen extensions, and a view of each would be more garbage than all else that a
// handshake leaves behind.
function readBody(bytes: Uint8Array, start: number, bodyEnd: number): ClientHello {
  const sessionAt = start + RANDOM_END;
  const ciphersAt = sessionAt + 1 + (bytes[sessionAt] ?? 0);
  const compressionAt = ciphersAt + 2 + pairAt(bytes, ciphersAt);
  const extensionsAt = compressionAt + 1 + (bytes[compressionAt] ?? 0);
  const end = extensionsAt + 2 + pairAt(bytes, extensionsAt);
  if (end !== bodyEnd) return UNREADABLE; // without extensions, or damaged
  let serverName: string | null = null;
  let protocols: readonly string[] = [];
  for (let at = extensionsAt + 2; at + 4 <= end; ) {
    const kind = pairAt(bytes, at);
    const content = at + 4;
    const next = content + pairAt(bytes, at + 2);
    if (kind === SERVER_NAME) serverName = readName(bytes, content, Math.min(next, end));
    else if (kind === PROTOCOLS) protocols = readProtocols(bytes, content, Math.min(next, end));
    at = next;
  }
  return { serverName, protocols };
}

// RFC 6066 3: a list, but there is one kind of names, and of each kind one name.
function readName(bytes: Uint8Array, list: number, listEnd: number): string | null {
  const start = list + 5;
  if (start > listEnd || bytes[list + 2] !== HOST_NAME) return null;
  const end = start + pairAt(bytes, list + 3);
  if (end === start || end > listEnd) return null;
  return askedName(latin1(bytes, start, end));
}

/** In the form in which names are compared. */
export function askedName(name: string): string {
  return withoutFinalDot(name.toLowerCase());
}

function readProtocols(bytes: Uint8Array, list: number, listEnd: number): readonly string[] {
  const names: string[] = [];
  for (let at = list + 2; at < listEnd; ) {
    const size = bytes[at] ?? 0;
    names.push(latin1(bytes, at + 1, Math.min(at + 1 + size, listEnd)));
    at += 1 + size;
  }
  return names;
}

function pairAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
