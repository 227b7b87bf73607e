// Reads the frames that a backend sends: the rules of the protocol for the side that asks (RFC 9113).
import { MAX_HEAD_BYTES } from '../../http1/output.ts';
import { OK } from '../../http2/request-text.ts';
import {
  ACK,
  COMPRESSION_ERROR,
  CONTINUATION,
  DATA,
  ENABLE_CONNECT_PROTOCOL,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_LIMIT,
  FRAME_SIZE_ERROR,
  type FrameHead,
  type FrameSink,
  GOAWAY,
  HEADERS,
  HEADER_TABLE_SIZE,
  INITIAL_WINDOW_SIZE,
  MAX_CONCURRENT_STREAMS,
  MAX_FRAME_SIZE,
  MAX_WINDOW,
  MOST_FRAME_SIZE,
  PADDED,
  PING,
  PING_BYTES,
  PRIORITIZED,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  REFUSED_STREAM,
  RST_STREAM,
  SETTINGS,
  SETTING_BYTES,
  WINDOW_UPDATE,
  uint32,
} from '../../http2/frames.ts';
import { HeaderBlock } from '../../http2/header-block.ts';
import { HpackDecoder } from '../../http2/hpack-decode.ts';
import { ResponseText } from '../../http2/response-text.ts';
import type { FrameOutput } from './frame-output.ts';
import { malformedResponse } from '../../http1/refusals.ts';
import { errorName } from './resets.ts';
import type { CarriedStream } from './contract.ts';
import { CONNECTION_WINDOW } from './windows.ts';

/** The connection, as its frames see it. */
export interface FrameOwner {
  /** What all bodies that are sent may still send. */
  window: number;
  readonly output: FrameOutput;
  readonly hasResting: boolean;
  readonly streams: ReadonlyMap<number, CarriedStream>;
  readonly mostStreams: number;
  readonly streamWindow: number;
  allowsTunnels: boolean;
  /** The number that the next stream will have. */
  readonly nextId: number;
  settings(most: number, window: number): void;
  goneAway(last: number, why: string): void;
  streamRefused(): void;
  /** The bytes at hand are kept by somebody. */
  keepsChunk(): void;
  broke(code: number, reason: string): void;
}

// Frames in a row that bring nothing: no byte of a body, no head.
const MOST_EMPTY = 1000;
// Of a header block as it travels: no head that is passed on is larger.
const MAX_BLOCK = MAX_HEAD_BYTES;
// Answers that the backend provokes and does not read, in bytes.
const MOST_UNSENT = 256 * 1024;

// A block is decoded in one go, so one is enough for all connections.
const text = new ResponseText(MAX_HEAD_BYTES);

export class FrameInput implements FrameSink {
  private readonly decoder = new HpackDecoder();
  private readonly block = new HeaderBlock();
  private empty = 0;
  private hasSettings = false;
  /** What of the connection's window has arrived and was not given back. */
  private received = 0;

  constructor(private readonly owner: FrameOwner) {}

  frame(head: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number): void {
    const { type, stream } = head;
    if (this.block.stream !== 0 && type !== CONTINUATION)
      return this.owner.broke(PROTOCOL_ERROR, 'a header block is broken off');
    switch (type) {
      case DATA:
        return this.padded(head, bytes, start, end);
      case HEADERS:
        return this.headers(head, bytes, start, end);
      case CONTINUATION:
        return this.continuation(head, bytes, start, end);
      case RST_STREAM:
        return this.reset(stream, bytes, start, end);
      case SETTINGS:
        return this.settings(head, bytes, start, end);
      case PING:
        return this.ping(head, bytes, start, end);
      case GOAWAY:
        return this.goAway(stream, bytes, start, end);
      case WINDOW_UPDATE:
        return this.windowUpdate(stream, bytes, start, end);
      case PUSH_PROMISE:
        return this.owner.broke(PROTOCOL_ERROR, 'it pushes, which it was told not to');
      default:
        this.countEmpty(); // PRIORITY, and types that are not known
    }
  }

  dataPiece(head: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    if (this.block.stream !== 0) return this.owner.broke(PROTOCOL_ERROR, 'a header block is broken off');
    const { stream } = head;
    const ended = isLast && (head.flags & END_STREAM) !== 0;
    if (start === end && !ended) this.countEmpty();
    this.data(stream, bytes, start, end, end - start);
    if (ended) this.dataEnded(stream);
  }

  oversized(): void {
    this.owner.broke(FRAME_SIZE_ERROR, 'a frame is larger than it was allowed');
  }

  firstIsNotSettings(): void {
    this.owner.broke(PROTOCOL_ERROR, 'its first frame is not SETTINGS');
  }

  private padded({ flags, stream }: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number): void {
    const padding = start < end ? bytes[start] : end;
    if (start + 1 + padding > end) return this.owner.broke(PROTOCOL_ERROR, 'the padding is longer than its frame');
    const ended = (flags & END_STREAM) !== 0;
    if (start + 1 + padding === end && !ended) this.countEmpty();
    this.data(stream, bytes, start + 1, end - padding, end - start);
    if (ended) this.dataEnded(stream);
  }

  private data(id: number, bytes: Uint8Array, start: number, end: number, size: number): void {
    if (id === 0 || this.isIdle(id))
      return this.owner.broke(PROTOCOL_ERROR, 'it sends on a stream that nobody has opened');
    this.count(size);
    if (start < end) this.empty = 0;
    const stream = this.owner.streams.get(id);
    if (stream === undefined) return; // it has been cancelled, and the backend may not know yet
    if (!stream.data(bytes, start, end, size)) this.owner.keepsChunk();
  }

  private dataEnded(id: number): void {
    this.owner.streams.get(id)?.dataEnded();
  }

  // The window of the connection is given back whoever reads: a slow reader holds up its own stream only.
  private count(size: number): void {
    this.received += size;
    if (this.received < CONNECTION_WINDOW / 2) return;
    this.owner.output.credit(0, this.received);
    this.received = 0;
  }

  private headers({ flags, stream }: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number): void {
    if (stream === 0 || this.isIdle(stream))
      return this.owner.broke(PROTOCOL_ERROR, 'it answers on a stream that nobody has opened');
    const isPadded = (flags & PADDED) !== 0;
    const padding = isPadded ? bytes[start] : 0;
    const from = start + (isPadded ? 1 : 0) + ((flags & PRIORITIZED) !== 0 ? 5 : 0);
    const to = end - padding;
    if (from > to) return this.owner.broke(PROTOCOL_ERROR, 'the padding is longer than its frame');
    if ((flags & END_HEADERS) === 0) return this.block.begin(stream, flags, bytes, from, to);
    this.decode(stream, (flags & END_STREAM) !== 0, bytes, from, to);
  }

  private continuation({ flags, stream }: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number): void {
    const { owner, block } = this;
    if (block.stream === 0 || stream !== block.stream)
      return owner.broke(PROTOCOL_ERROR, 'a header block goes on that has not begun');
    if (start === end) this.countEmpty();
    if (block.size + end - start > MAX_BLOCK)
      return owner.broke(ENHANCE_YOUR_CALM, 'a header block is larger than it may be');
    block.add(bytes, start, end);
    if ((flags & END_HEADERS) !== 0) this.endBlock();
  }

  private endBlock(): void {
    const { stream, flags, bytes, size } = this.block;
    this.block.clear();
    this.decode(stream, (flags & END_STREAM) !== 0, bytes, 0, size);
  }

  private decode(id: number, isEnd: boolean, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    const stream = owner.streams.get(id);
    text.begin(stream !== undefined && stream.hasAnswered, stream === undefined ? null : stream.accept);
    if (!this.decoder.decode(bytes, start, end, text))
      return owner.broke(COMPRESSION_ERROR, 'a header block cannot be decoded');
    if (stream === undefined) return;
    this.empty = 0;
    const problem = text.finish(isEnd, stream.toHead);
    if (problem === OK) stream.block(text.bytes.slice(0, text.length), isEnd);
    else stream.refuse(malformedResponse('its header block breaks the rules of HTTP/2, or is too large'));
  }

  private reset(id: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 4 || this.isIdle(id)) return this.owner.broke(PROTOCOL_ERROR, 'a RST_STREAM is malformed');
    const code = uint32(bytes, start);
    const stream = this.owner.streams.get(id);
    if (stream === undefined) return this.countEmpty();
    if (code === REFUSED_STREAM || code === ENHANCE_YOUR_CALM) this.owner.streamRefused();
    stream.wasReset(code);
  }

  private settings({ flags, stream }: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    const size = end - start;
    const isAck = (flags & ACK) !== 0;
    if (stream !== 0 || (isAck && size !== 0) || size % SETTING_BYTES !== 0)
      return owner.broke(FRAME_SIZE_ERROR, 'a SETTINGS frame is malformed');
    if (isAck) return;
    this.countEmpty();
    let most = owner.mostStreams;
    let window = owner.streamWindow;
    let isFirst = !this.hasSettings;
    for (let at = start; at < end; at += SETTING_BYTES) {
      const id = (bytes[at] << 8) | bytes[at + 1];
      const value = uint32(bytes, at + 2);
      if (id === INITIAL_WINDOW_SIZE && value > MAX_WINDOW)
        return owner.broke(FLOW_CONTROL_ERROR, 'a window is larger than it may be');
      if (id === MAX_FRAME_SIZE && (value < FRAME_LIMIT || value > MOST_FRAME_SIZE))
        return owner.broke(PROTOCOL_ERROR, 'a frame size is not possible');
      if (id === ENABLE_CONNECT_PROTOCOL && (value > 1 || (owner.allowsTunnels && value === 0)))
        return owner.broke(PROTOCOL_ERROR, 'its ENABLE_CONNECT_PROTOCOL is not possible');
      if (id === ENABLE_CONNECT_PROTOCOL) owner.allowsTunnels = value === 1;
      if (id === HEADER_TABLE_SIZE) owner.output.encoder.setLimit(value);
      if (id === MAX_CONCURRENT_STREAMS) {
        most = value;
        isFirst = false;
      } else if (id === INITIAL_WINDOW_SIZE) window = value;
    }
    this.hasSettings = true;
    owner.output.acknowledgeSettings();
    owner.settings(isFirst ? UNLIMITED : most, window);
  }

  private ping({ flags, stream }: Readonly<FrameHead>, bytes: Uint8Array, start: number, end: number): void {
    if (stream !== 0 || end - start !== PING_BYTES) return this.owner.broke(FRAME_SIZE_ERROR, 'a PING is malformed');
    if ((flags & ACK) !== 0) return;
    this.countEmpty();
    this.owner.output.pong(bytes, start);
  }

  private goAway(stream: number, bytes: Uint8Array, start: number, end: number): void {
    if (stream !== 0 || end - start < 8) return this.owner.broke(FRAME_SIZE_ERROR, 'a GOAWAY is malformed');
    this.owner.goneAway(uint32(bytes, start) & MAX_WINDOW, errorName(uint32(bytes, start + 4)));
  }

  private windowUpdate(id: number, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    if (end - start !== 4 || this.isIdle(id)) return owner.broke(PROTOCOL_ERROR, 'a WINDOW_UPDATE is malformed');
    const size = uint32(bytes, start) & MAX_WINDOW;
    const stream = owner.streams.get(id);
    if (id === 0) {
      if (size === 0 || owner.window + size > MAX_WINDOW)
        return owner.broke(FLOW_CONTROL_ERROR, 'the window of the connection is not possible');
      if (!owner.hasResting) this.countEmpty();
      owner.window += size;
    } else if (stream === undefined) this.countEmpty();
    else if (size === 0 || stream.request.window + size > MAX_WINDOW)
      stream.refuse(malformedResponse('the window of the stream is not possible'));
    else stream.request.widen(size);
  }

  private isIdle(id: number): boolean {
    return id !== 0 && (id >= this.owner.nextId || (id & 1) === 0);
  }

  private countEmpty(): void {
    if (++this.empty > MOST_EMPTY || this.owner.output.unsent > MOST_UNSENT)
      this.owner.broke(ENHANCE_YOUR_CALM, 'it sends frames without end that say nothing');
  }
}

// RFC 9113 6.5.2: a backend that names no limit has none. The gateway's own limits of requests hold.
const UNLIMITED = 0x7fffffff;
