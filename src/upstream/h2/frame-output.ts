// Writes frames to one connection. What is written within one turn of the event loop leaves together.
import { copy } from '../../core/copy-bytes.ts';
import type { DialledSocket } from '../../core/dial.ts';
import { Outbox, type Sending } from '../../core/outbox.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  ENABLE_PUSH,
  END_HEADERS,
  END_STREAM,
  FRAME_HEADER,
  FRAME_LIMIT,
  GOAWAY,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  PING,
  PING_BYTES,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  SETTING_BYTES,
  WINDOW_UPDATE,
  frameHeader,
  frameKind,
  putUint32,
} from '../../http2/frames.ts';
import { HpackEncoder } from '../../http2/hpack-encode.ts';
import { CONNECTION_WINDOW, FIRST_WINDOW, STREAM_WINDOW } from './windows.ts';

/** One frame, or a header block behind the room for the header of its frame. All bytes are sent or copied at once. */
const room = new Uint8Array(FRAME_HEADER + 256 * 1024);

export class FrameOutput {
  readonly encoder = new HpackEncoder();
  private socket: DialledSocket | null = null;
  private readonly outbox: Outbox;

  constructor(sending: Sending) {
    this.outbox = new Outbox(sending, null);
  }

  /** Bytes wait for room in the kernel: bodies must rest until `flush` says that all are gone. */
  get isBlocked(): boolean {
    return !this.outbox.isEmpty;
  }

  /** Bytes that the kernel has taken. */
  get sent(): number {
    return this.outbox.sent;
  }

  /** Bytes that wait. */
  get unsent(): number {
    return this.outbox.size;
  }

  /** The connection is open: sends the preface (RFC 9113 3.4). */
  open(socket: DialledSocket): void {
    this.socket = socket;
    this.outbox.send(socket, PREFACE, 0, PREFACE.length, false);
    const payload = this.begin(SETTING_BYTES * 2, SETTINGS, 0, 0);
    const next = putSetting(payload, ENABLE_PUSH, 0);
    putSetting(next, INITIAL_WINDOW_SIZE, STREAM_WINDOW);
    this.send(SETTING_BYTES * 2);
    this.credit(0, CONNECTION_WINDOW - FIRST_WINDOW);
  }

  close(): void {
    this.socket = null;
    this.outbox.drop();
  }

  /** True: nothing waits any more. */
  flush(): boolean {
    return this.socket !== null && this.outbox.flush(this.socket);
  }

  acknowledgeSettings(): void {
    this.begin(0, SETTINGS, ACK, 0);
    this.send(0);
  }

  ping(): void {
    const at = this.begin(PING_BYTES, PING, 0, 0);
    room.fill(0, at, at + PING_BYTES);
    this.send(PING_BYTES);
  }

  /** Answers a PING with its own payload. */
  pong(bytes: Uint8Array, start: number): void {
    const at = this.begin(PING_BYTES, PING, ACK, 0);
    copy(room, at, bytes, start, start + PING_BYTES);
    this.send(PING_BYTES);
  }

  reset(stream: number, code: number): void {
    putUint32(room, this.begin(4, RST_STREAM, 0, stream), code);
    this.send(4);
  }

  /** Lets the peer send so many more bytes; stream 0: over the whole connection. */
  credit(stream: number, size: number): void {
    putUint32(room, this.begin(4, WINDOW_UPDATE, 0, stream), size);
    this.send(4);
  }

  /** The connection ends for that reason. */
  goAway(code: number): void {
    const at = putUint32(room, this.begin(8, GOAWAY, 0, 0), 0);
    putUint32(room, at, code);
    this.send(8);
    this.outbox.settle();
  }

  /** Begins a header block, which `encoder` writes, and `headers` sends. */
  beginHeaders(): void {
    this.encoder.begin(room, FRAME_HEADER);
  }

  headers(stream: number, isLast: boolean): void {
    const end = this.encoder.end();
    const ended = isLast ? END_STREAM : 0;
    const size = end - FRAME_HEADER;
    if (size <= FRAME_LIMIT) {
      this.begin(size, HEADERS, END_HEADERS | ended, stream);
      return this.send(size);
    }
    const block = room.slice(FRAME_HEADER, end);
    for (let at = 0; at < size; at += FRAME_LIMIT) {
      const part = block.subarray(at, at + FRAME_LIMIT);
      const flags = at + part.length === size ? END_HEADERS : 0;
      this.begin(part.length, at === 0 ? HEADERS : CONTINUATION, at === 0 ? flags | ended : flags, stream);
      room.set(part, FRAME_HEADER);
      this.send(part.length);
    }
  }

  /** Sends bytes[start, end), at most FRAME_LIMIT of them, as one frame. */
  data(stream: number, bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    const size = end - start;
    this.begin(size, DATA, isLast ? END_STREAM : 0, stream);
    copy(room, FRAME_HEADER, bytes, start, end);
    this.send(size);
  }

  private begin(size: number, type: number, flags: number, stream: number): number {
    return frameHeader(room, 0, size, frameKind(type, flags), stream);
  }

  private send(size: number): void {
    this.outbox.send(this.socket, room, 0, FRAME_HEADER + size, true);
  }
}

function putSetting(at: number, id: number, value: number): number {
  room[at] = id >>> 8;
  room[at + 1] = id;
  return putUint32(room, at + 2, value);
}
