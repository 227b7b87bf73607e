// HTTP/2 frames (RFC 9113 4 and 6): their numbers, an incremental reader that copies nothing that lies whole in a chunk, and the
// writing of their heads.
import { copy } from '../core/copy-bytes.ts';
import { ascii } from '../message/bytes.ts';

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;
/** RFC 9218 7.1. */
export const PRIORITY_UPDATE = 16;

export const ACK = 0x01;
export const END_STREAM = 0x01;
export const END_HEADERS = 0x04;
export const PADDED = 0x08;
export const PRIORITIZED = 0x20;

export const NO_ERROR = 0;
export const PROTOCOL_ERROR = 1;
export const INTERNAL_ERROR = 2;
export const FLOW_CONTROL_ERROR = 3;
export const STREAM_CLOSED = 5;
export const FRAME_SIZE_ERROR = 6;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const COMPRESSION_ERROR = 9;
export const ENHANCE_YOUR_CALM = 11;
export const HTTP_1_1_REQUIRED = 13;

export const HEADER_TABLE_SIZE = 1;
export const ENABLE_PUSH = 2;
export const MAX_CONCURRENT_STREAMS = 3;
export const INITIAL_WINDOW_SIZE = 4;
export const MAX_FRAME_SIZE = 5;
export const MAX_HEADER_LIST_SIZE = 6;
/** RFC 8441 3. */
export const ENABLE_CONNECT_PROTOCOL = 8;
/** RFC 9218 2.1. */
export const NO_RFC7540_PRIORITIES = 9;

/** Bytes of a frame before its payload. */
export const FRAME_HEADER = 9;
/** Of one setting, and of the payload of PING. */
export const SETTING_BYTES = 6;
export const PING_BYTES = 8;
/** Of a payload, both ways: the gateway does not ask for larger ones, and every peer takes these. */
export const FRAME_LIMIT = 16_384;
/** The most that a peer may say it takes of one payload. */
export const MOST_FRAME_SIZE = 0xffffff;
/** Also the largest stream id. */
export const MAX_WINDOW = 0x7fff_ffff;
export const DEFAULT_WINDOW = 65_535;
/** With what a client begins (RFC 9113 3.4). */
export const PREFACE = ascii('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** What a frame says before its payload. The reader has one, which it fills for each frame. */
export type FrameHead = { type: number; flags: number; stream: number };

/** Receives frames in order. Bytes are read-only views of what arrived; they may be kept. */
export interface FrameSink {
  /** A whole frame: its payload is bytes[start, end). Unpadded DATA comes through `dataPiece` instead. */
  frame(head: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number): void;
  /** A part of a DATA frame as it arrives; the frame's flags count when it is the last one. */
  dataPiece(head: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number, isLast: boolean): void;
  /** A frame beyond FRAME_LIMIT: the connection is over. */
  oversized(): void;
  /** The connection does not begin with SETTINGS: it is over. */
  firstIsNotSettings(): void;
}

/** Cuts what arrives into frames. */
export class FrameReader {
  /** Nothing more is read. */
  isStopped = false;
  /** The next frame must be SETTINGS (RFC 9113 3.4). */
  isFirst = false;
  private readonly head: FrameHead = { type: 0, flags: 0, stream: 0 };
  // A frame that came in pieces: its head alone until that is whole, then all of it.
  private carry: Uint8Array | null = null;
  private filled = 0;
  // Of the unpadded DATA frame that `head` tells of.
  private dataLeft = 0;

  /** A part of a frame has come, other than of unpadded DATA. */
  get isMidFrame(): boolean {
    return this.carry !== null;
  }

  read(chunk: Uint8Array, from: number, sink: FrameSink): void {
    let at = from;
    while (at < chunk.length && !this.isStopped) {
      if (this.dataLeft > 0) at = this.piece(chunk, at, sink);
      else if (this.carry !== null) at = this.fill(this.carry, chunk, at, sink);
      else at = this.next(chunk, at, sink);
    }
  }

  private next(chunk: Uint8Array, from: number, sink: FrameSink): number {
    if (chunk.length - from < FRAME_HEADER) return this.keep(FRAME_HEADER, chunk, from);
    const payload = from + FRAME_HEADER;
    const size = this.begin(chunk, from, sink);
    if (size < 0) return chunk.length;
    if (this.isPieced) {
      this.beginData(size, chunk, payload, sink);
      return payload;
    }
    const end = payload + size;
    if (end > chunk.length) return this.keep(FRAME_HEADER + size, chunk, from);
    sink.frame(this.head, chunk, payload, end);
    return end;
  }

  // Reads a frame's head; returns how large its payload is, or -1: the connection is over.
  private begin(bytes: Uint8Array, at: number, sink: FrameSink): number {
    const { head } = this;
    head.type = bytes[at + 3];
    head.flags = bytes[at + 4];
    head.stream = uint32(bytes, at + 5) & MAX_WINDOW;
    if (this.isFirst && (head.type !== SETTINGS || (head.flags & ACK) !== 0)) {
      this.isStopped = true;
      sink.firstIsNotSettings();
      return -1;
    }
    this.isFirst = false;
    const size = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
    if (size <= FRAME_LIMIT) return size;
    this.isStopped = true;
    sink.oversized();
    return -1;
  }

  // Padding is at the end of a frame, so that a padded one must be whole before it can be checked.
  private get isPieced(): boolean {
    return this.head.type === DATA && (this.head.flags & PADDED) === 0;
  }

  private beginData(size: number, bytes: Uint8Array, at: number, sink: FrameSink): void {
    this.dataLeft = size;
    if (size === 0) sink.dataPiece(this.head, bytes, at, at, true);
  }

  private piece(chunk: Uint8Array, from: number, sink: FrameSink): number {
    const end = Math.min(chunk.length, from + this.dataLeft);
    this.dataLeft -= end - from;
    sink.dataPiece(this.head, chunk, from, end, this.dataLeft === 0);
    return end;
  }

  // The carry has the size of what is known to come, so that the work stays linear when a peer sends byte by byte.
  private keep(size: number, chunk: Uint8Array, from: number): number {
    this.carry = new Uint8Array(size);
    this.filled = copy(this.carry, 0, chunk, from, chunk.length);
    return chunk.length;
  }

  private fill(carry: Uint8Array, chunk: Uint8Array, from: number, sink: FrameSink): number {
    const end = Math.min(chunk.length, from + carry.length - this.filled);
    this.filled = copy(carry, this.filled, chunk, from, end);
    if (this.filled < carry.length) return end;
    this.carry = null;
    if (carry.length > FRAME_HEADER) sink.frame(this.head, carry, FRAME_HEADER, carry.length);
    else this.filledHead(carry, sink);
    return end;
  }

  private filledHead(carry: Uint8Array, sink: FrameSink): void {
    const size = this.begin(carry, 0, sink);
    if (size < 0) return;
    if (this.isPieced) return this.beginData(size, carry, FRAME_HEADER, sink);
    if (size === 0) return sink.frame(this.head, carry, FRAME_HEADER, FRAME_HEADER);
    this.carry = new Uint8Array(FRAME_HEADER + size);
    this.carry.set(carry);
  }
}

export function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Returns the position after it. */
export function putUint32(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}

/** Type and flags of a frame in one number, for `frameHeader`. */
export function frameKind(type: number, flags: number): number {
  return (type << 8) | flags;
}

/** Writes what a frame with a payload of that size begins with; returns the position of the payload. */
export function frameHeader(out: Uint8Array, at: number, size: number, kind: number, stream: number): number {
  out[at] = size >>> 16;
  out[at + 1] = size >>> 8;
  out[at + 2] = size;
  out[at + 3] = kind >>> 8;
  out[at + 4] = kind;
  return putUint32(out, at + 5, stream);
}
