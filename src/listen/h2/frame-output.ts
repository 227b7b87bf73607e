// What an HTTP/2 connection sends: frames, gathered in one buffer and written to the socket once at the end of a turn of the event
// loop. Seven answers leave in one system call that way.
import { copy } from '../../core/copy-bytes.ts';
import type { AfterEvents } from '../../core/turn.ts';
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_HEADER,
  FRAME_LIMIT,
  GOAWAY,
  HEADERS,
  RST_STREAM,
  WINDOW_UPDATE,
  frameHeader,
  frameKind,
  putUint32,
} from '../../http2/frames.ts';
import { EMPTY } from '../../message/bytes.ts';
import type { ClientSocket } from '../contract.ts';

/** The connection is gone: there is no room. */
export const GONE = -1;

// Four full frames: with 256 KiB large bodies were no cheaper.
const BUFFER = 4 * (FRAME_HEADER + FRAME_LIMIT);
const DATA_KIND = frameKind(DATA, 0);
const BUFFERS_KEPT = 64;
// What must be said while the socket takes nothing waits here, up to this size; data does not.
const MOST_WAITING = 1024 * 1024;
/** Beyond it nothing more is read of the client, since what it sends leads to more frames. */
export const MANY_WAITING = 256 * 1024;

const buffers: Uint8Array[] = [];

/** The connection, as its output sees it. */
export interface OutputOwner {
  /** The socket takes no more until it has drained. */
  outputBlocked(): void;
  /** So much waits that the client must not make it more. */
  outputCrowded(): void;
  /** Nothing is left to send. */
  outputEmpty(): void;
}

export class FrameOutput {
  /** The socket has not taken all that was written. */
  isBlocked = false;
  private isClosed = false;
  private isAnnounced = false;
  /** Frames on their way are [start, end) of these bytes; null: there are none. */
  private pending: Uint8Array | null = null;
  private start = 0;
  private end = 0;
  /** Where the latest HEADERS or DATA frame begins that has not left; -1: there is none. */
  private lastFrame = -1;
  private lastStream = 0;

  constructor(
    private readonly socket: Pick<ClientSocket, 'write' | 'terminate'>,
    private readonly atEnd: AfterEvents,
    private readonly owner: OutputOwner,
  ) {}

  /** Bytes that the socket has not taken. */
  get size(): number {
    return this.end - this.start;
  }

  /** Makes room for a frame with so much payload; returns where in `room` the payload goes, or GONE. A call of `head`, `data` or
   * `frame` follows. */
  reserve(size: number): number {
    return this.makeRoom(FRAME_HEADER + size) ? this.end + FRAME_HEADER : GONE;
  }

  get room(): Uint8Array {
    return this.pending ?? EMPTY;
  }

  /** The header block that was written to `room` up to `end`, as HEADERS and as many CONTINUATION frames as it takes. The room
   * for their headers was reserved with it. */
  head(id: number, end: number, isEnd: boolean): void {
    const { pending, end: at } = this;
    if (pending === null) return;
    const size = end - at - FRAME_HEADER;
    this.lastFrame = at;
    this.lastStream = id;
    const isWhole = size <= FRAME_LIMIT;
    const flags = (isWhole ? END_HEADERS : 0) | (isEnd ? END_STREAM : 0);
    this.end = isWhole ? end : continued(pending, at + FRAME_HEADER, end, id);
    frameHeader(pending, at, Math.min(size, FRAME_LIMIT), frameKind(HEADERS, flags), id);
  }

  /** A DATA frame; false: the socket takes nothing now. */
  data(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const size = end - start;
    if (!this.makeRoom(FRAME_HEADER + size) || this.pending === null || this.isBlocked) return false;
    this.lastFrame = this.end;
    this.lastStream = id;
    const to = frameHeader(this.pending, this.end, size, DATA_KIND, id);
    this.end = copy(this.pending, to, bytes, start, end);
    return true;
  }

  /** Ends a stream: by its latest frame if that has not left, else by an empty one. */
  endStream(id: number): void {
    if (this.lastFrame >= 0 && this.lastStream === id && this.pending !== null)
      this.pending[this.lastFrame + 4] |= END_STREAM;
    else this.frame(DATA, END_STREAM, id, 0);
  }

  reset(id: number, code: number): void {
    const at = this.frame(RST_STREAM, 0, id, 4);
    if (at !== GONE) putUint32(this.room, at, code);
  }

  windowUpdate(id: number, by: number): void {
    const at = this.frame(WINDOW_UPDATE, 0, id, 4);
    if (at !== GONE) putUint32(this.room, at, by);
  }

  goAway(last: number, code: number): void {
    const at = this.frame(GOAWAY, 0, 0, 8);
    if (at !== GONE) putUint32(this.room, putUint32(this.room, at, last), code);
  }

  /** A frame with a payload that the caller writes to `room` at the place that is returned; GONE. */
  frame(type: number, flags: number, id: number, size: number): number {
    if (!this.makeRoom(FRAME_HEADER + size) || this.pending === null) return GONE;
    const at = frameHeader(this.pending, this.end, size, frameKind(type, flags), id);
    this.end = at + size;
    return at;
  }

  /** Whole frames. */
  put(frames: Uint8Array): void {
    if (!this.makeRoom(frames.length) || this.pending === null) return;
    this.pending.set(frames, this.end);
    this.end += frames.length;
    this.lastFrame = -1;
  }

  // False: the connection is gone. The buffer grows only while the socket takes nothing.
  private makeRoom(size: number): boolean {
    if (this.isClosed) return false;
    if (this.pending === null) {
      this.pending = size <= BUFFER ? (buffers.pop() ?? new Uint8Array(BUFFER)) : new Uint8Array(size * 2);
      this.start = 0;
      this.end = 0;
      this.lastFrame = -1;
      this.announce();
    }
    if (this.end + size <= this.pending.length) return true;
    if (!this.isBlocked) {
      this.flush();
      return this.makeRoom(size);
    }
    return this.grow(this.pending, size);
  }

  private grow(pending: Uint8Array, size: number): boolean {
    const used = this.end - this.start;
    if (used + size > MOST_WAITING) {
      this.socket.terminate();
      return false;
    }
    const larger = used + size <= pending.length ? pending : new Uint8Array(Math.min((used + size) * 2, MOST_WAITING));
    copy(larger, 0, pending, this.start, this.end);
    this.pending = larger;
    this.start = 0;
    this.end = used;
    this.lastFrame = -1;
    if (used > MANY_WAITING) this.owner.outputCrowded();
    return true;
  }

  // Never flushes within the call: the buffer is being made.
  private announce(): void {
    if (this.isAnnounced) return;
    this.isAnnounced = true;
    this.atEnd(this.leave);
  }

  private readonly leave = (): void => {
    this.isAnnounced = false;
    this.flush();
  };

  /** Writes what there is, if the socket takes it. */
  flush(): void {
    const { pending } = this;
    if (pending === null || this.isBlocked || this.isClosed) return;
    this.lastFrame = -1;
    const size = this.end - this.start;
    const taken = size === 0 ? 0 : this.socket.write(pending, this.start, size);
    if (taken < 0) return this.close(); // its event follows
    this.start += taken;
    if (taken < size) {
      this.isBlocked = true;
      return this.owner.outputBlocked();
    }
    this.pending = null;
    if (pending.length === BUFFER && buffers.length < BUFFERS_KEPT) buffers.push(pending);
    this.owner.outputEmpty();
  }

  /** The socket has drained. True: it takes more. */
  drained(): boolean {
    if (!this.isBlocked) return false;
    this.isBlocked = false;
    this.flush();
    return !this.isBlocked;
  }

  /** The socket is gone. */
  close(): void {
    this.isClosed = true;
    this.pending = null;
    this.start = 0;
    this.end = 0;
    this.lastFrame = -1;
  }
}

// Moves what is too long for one frame apart, from the back, so that nothing is overwritten; returns the new end.
function continued(out: Uint8Array, start: number, end: number, id: number): number {
  const rest = end - start - FRAME_LIMIT;
  const frames = Math.ceil(rest / FRAME_LIMIT);
  for (let n = frames - 1; n >= 0; n--) {
    const from = start + FRAME_LIMIT * (n + 1);
    const size = Math.min(FRAME_LIMIT, end - from);
    const to = from + FRAME_HEADER * (n + 1);
    out.copyWithin(to, from, from + size);
    frameHeader(out, to - FRAME_HEADER, size, frameKind(CONTINUATION, n === frames - 1 ? END_HEADERS : 0), id);
  }
  return end + frames * FRAME_HEADER;
}

/** How much room a header block of up to that size needs with its frames. */
export function roomOfBlock(bound: number): number {
  return bound + Math.floor(bound / FRAME_LIMIT) * FRAME_HEADER;
}
