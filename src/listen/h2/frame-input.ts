// Reads what a client sends over HTTP/2: the preface, and frames, of which each is checked by itself (RFC 9113 4 to 6).
import * as h2 from '../../http2/frames.ts';
import { HeaderBlock } from '../../http2/header-block.ts';
import { EMPTY_FRAMES, type H2Limits, type Nuisance, OTHER_FRAMES, PINGS, SETTINGS_CHANGES } from './limits.ts';

type FrameHead = Readonly<h2.FrameHead>;

/** The connection, as its frames see it. */
export interface FrameOwner {
  /** A whole header block; `isEnd`: the stream ends with it. */
  headerBlock(id: number, isEnd: boolean, bytes: Uint8Array, start: number, end: number): void;
  /** A piece of the data of a stream; the input says what it costs, and whether it is the last. */
  data(id: number, bytes: Uint8Array, start: number, end: number): void;
  windowUpdate(id: number, by: number): void;
  streamReset(id: number): void;
  /** Returns an error code, NO_ERROR as a rule. */
  setting(name: number, value: number): number;
  settingsEnd(): void;
  /** The eight bytes from `start` are to be sent back. */
  ping(bytes: Uint8Array, start: number): void;
  pingAnswered(): void;
  priorityUpdate(id: number, bytes: Uint8Array, start: number, end: number): void;
  /** An error of one stream. */
  streamError(id: number, code: number): void;
  /** An error of the connection, which ends. */
  fail(code: number): void;
  /** A frame that brings no request on. */
  annoyed(by: Nuisance): void;
  /** A header block has more frames, or more bytes, than it may. */
  blockTooLong(setting: 'limits.h2_continuations' | 'limits.h2_header_bytes'): void;
}

export class FrameInput implements h2.FrameSink {
  /** The preface has come. */
  hasBegun = false;
  /** How much of the windows the piece of data has cost that the owner is told of. */
  cost = 0;
  /** The stream ends with it. */
  isEnd = false;
  private prefaceBytes = 0;
  private readonly reader = new h2.FrameReader();
  // The header block whose end has not come.
  private readonly block = new HeaderBlock();

  constructor(
    private readonly owner: FrameOwner,
    /** Changed in place, or by another object in its holder. */
    private readonly rules: { readonly h2: H2Limits },
  ) {}

  /** A part of a head has come: the client must not take long. */
  get isMidHead(): boolean {
    return this.block.stream !== 0 || this.reader.isMidFrame;
  }

  /** Nothing more is read. */
  stop(): void {
    this.reader.isStopped = true;
  }

  read(chunk: Uint8Array): void {
    const at = this.hasBegun ? 0 : this.readPreface(chunk);
    if (this.hasBegun) this.reader.read(chunk, at, this);
  }

  private readPreface(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && this.prefaceBytes < h2.PREFACE.length) {
      if (chunk[at++] === h2.PREFACE[this.prefaceBytes++]) continue;
      this.owner.fail(h2.PROTOCOL_ERROR);
      return at;
    }
    this.hasBegun = this.prefaceBytes === h2.PREFACE.length;
    this.reader.isFirst = this.hasBegun;
    return at;
  }

  frame(head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    const { type, stream: id } = head;
    if (this.block.stream !== 0 && (type !== h2.CONTINUATION || id !== this.block.stream))
      return owner.fail(h2.PROTOCOL_ERROR);
    switch (type) {
      case h2.HEADERS:
        return this.headers(head, bytes, start, end);
      case h2.DATA:
        return this.padded(head, bytes, start, end);
      case h2.WINDOW_UPDATE:
        return end - start === 4
          ? owner.windowUpdate(id, h2.uint32(bytes, start) & h2.MAX_WINDOW)
          : owner.fail(h2.FRAME_SIZE_ERROR);
      case h2.CONTINUATION:
        return this.continuation(head.flags, bytes, start, end);
      case h2.RST_STREAM:
        if (id === 0) return owner.fail(h2.PROTOCOL_ERROR);
        return end - start === 4 ? owner.streamReset(id) : owner.fail(h2.FRAME_SIZE_ERROR);
      case h2.SETTINGS:
        return this.settings(head, bytes, start, end);
      case h2.PING:
        return this.ping(head, bytes, start, end);
      default:
        return this.other(head, bytes, start, end);
    }
  }

  private other({ type, stream: id }: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    switch (type) {
      case h2.GOAWAY:
        return id === 0 ? owner.annoyed(OTHER_FRAMES) : owner.fail(h2.PROTOCOL_ERROR);
      case h2.PUSH_PROMISE:
        return owner.fail(h2.PROTOCOL_ERROR);
      case h2.PRIORITY:
        return this.priority(id, bytes, start, end);
      case h2.PRIORITY_UPDATE:
        owner.annoyed(OTHER_FRAMES);
        if (id !== 0) return owner.fail(h2.PROTOCOL_ERROR);
        if (end - start < 4) return owner.fail(h2.FRAME_SIZE_ERROR);
        return owner.priorityUpdate(h2.uint32(bytes, start) & h2.MAX_WINDOW, bytes, start + 4, end);
      default:
        return owner.annoyed(OTHER_FRAMES); // RFC 9113 5.5: unknown types are ignored
    }
  }

  oversized(): void {
    this.owner.fail(h2.FRAME_SIZE_ERROR);
  }

  firstIsNotSettings(): void {
    this.owner.fail(h2.PROTOCOL_ERROR);
  }

  // The dependencies of RFC 7540 are not used any more, but must be well-formed.
  private priority(id: number, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    if (id === 0) return owner.fail(h2.PROTOCOL_ERROR);
    if (end - start !== 5) return owner.streamError(id, h2.FRAME_SIZE_ERROR);
    if ((h2.uint32(bytes, start) & h2.MAX_WINDOW) === id) return owner.streamError(id, h2.PROTOCOL_ERROR);
    return owner.annoyed(OTHER_FRAMES);
  }

  private headers(head: FrameHead, bytes: Uint8Array, from: number, to: number): void {
    const { owner } = this;
    const { flags, stream: id } = head;
    if ((id & 1) === 0) return owner.fail(h2.PROTOCOL_ERROR);
    let start = from;
    let end = to;
    if ((flags & h2.PADDED) !== 0) {
      if (to === from) return owner.fail(h2.FRAME_SIZE_ERROR);
      end -= bytes[start++];
    }
    if ((flags & h2.PRIORITIZED) !== 0) {
      if (end - start >= 5 && (h2.uint32(bytes, start) & h2.MAX_WINDOW) === id) return owner.fail(h2.PROTOCOL_ERROR);
      start += 5;
    }
    if (start > end) return owner.fail(h2.PROTOCOL_ERROR);
    if (end - start > this.rules.h2.blockBytes) return owner.blockTooLong('limits.h2_header_bytes');
    if ((flags & h2.END_HEADERS) === 0) return this.block.begin(id, flags, bytes, start, end);
    owner.headerBlock(id, (flags & h2.END_STREAM) !== 0, bytes, start, end);
  }

  private continuation(flags: number, bytes: Uint8Array, start: number, end: number): void {
    const { owner, rules, block } = this;
    if (block.stream === 0) return owner.fail(h2.PROTOCOL_ERROR);
    if (block.pieces >= rules.h2.continuations) return owner.blockTooLong('limits.h2_continuations');
    if (block.size + end - start > rules.h2.blockBytes) return owner.blockTooLong('limits.h2_header_bytes');
    block.add(bytes, start, end);
    if ((flags & h2.END_HEADERS) !== 0) this.endBlock();
  }

  private endBlock(): void {
    const { stream, flags, bytes, size } = this.block;
    this.block.clear();
    this.owner.headerBlock(stream, (flags & h2.END_STREAM) !== 0, bytes, 0, size);
  }

  private padded(head: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return this.owner.fail(h2.FRAME_SIZE_ERROR);
    const padding = bytes[start] + 1;
    if (padding > end - start) return this.owner.fail(h2.PROTOCOL_ERROR);
    this.cost = end - start;
    this.isEnd = (head.flags & h2.END_STREAM) !== 0;
    this.data(head.stream, bytes, start + 1, end - padding + 1);
  }

  dataPiece(head: FrameHead, bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    this.cost = end - start;
    this.isEnd = isLast && (head.flags & h2.END_STREAM) !== 0;
    this.data(head.stream, bytes, start, end);
  }

  private data(id: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.block.stream !== 0 || id === 0) return this.owner.fail(h2.PROTOCOL_ERROR);
    if (start === end && !this.isEnd) this.owner.annoyed(EMPTY_FRAMES);
    this.owner.data(id, bytes, start, end);
  }

  private settings({ flags, stream: id }: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    if (id !== 0) return owner.fail(h2.PROTOCOL_ERROR);
    if ((flags & h2.ACK) !== 0) return end === start ? undefined : owner.fail(h2.FRAME_SIZE_ERROR);
    if ((end - start) % h2.SETTING_BYTES !== 0) return owner.fail(h2.FRAME_SIZE_ERROR);
    owner.annoyed(SETTINGS_CHANGES);
    for (let at = start; at < end; at += h2.SETTING_BYTES) {
      const problem = owner.setting((bytes[at] << 8) | bytes[at + 1], h2.uint32(bytes, at + 2));
      if (problem !== h2.NO_ERROR) return owner.fail(problem);
    }
    owner.settingsEnd();
  }

  private ping({ flags, stream: id }: FrameHead, bytes: Uint8Array, start: number, end: number): void {
    const { owner } = this;
    if (id !== 0) return owner.fail(h2.PROTOCOL_ERROR);
    if (end - start !== h2.PING_BYTES) return owner.fail(h2.FRAME_SIZE_ERROR);
    owner.annoyed(PINGS);
    if ((flags & h2.ACK) === 0) owner.ping(bytes, start);
    else owner.pingAnswered();
  }
}
