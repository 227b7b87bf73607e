// What a connection may send of response bodies: the window that its client gives all of them together, and whose turn it is.
import { DEFAULT_WINDOW, FRAME_LIMIT, MAX_WINDOW } from '../../http2/frames.ts';
import type { FrameOutput } from './frame-output.ts';
import { type InOrder, SendOrder, turnOf } from './send-order.ts';

/** The sending half of a stream. */
export interface DataStream extends InOrder {
  readonly id: number;
  /** How much its client takes of it; below zero where the client has changed its mind (RFC 9113 6.9.2). */
  window: number;
  readonly hasUnsent: boolean;
  /** Sends what has waited, so many bytes at the most; true if bytes are left that may leave. */
  sendWaiting(most: number): boolean;
}

/** The connection, as its data sees it. */
export interface DataOwner {
  /** Its client gives no window to the connection, while streams have bytes for it. */
  dataStarved(): void;
  /** `isCut`: windows or the socket let no more through of what there is. */
  dataSent(size: number, isCut: boolean): void;
}

export class DataSender {
  /** What a new stream may send at first. */
  initialWindow = DEFAULT_WINDOW;
  private window = DEFAULT_WINDOW;
  private readonly order = new SendOrder<DataStream>();
  private isSending = false;
  private sent = 0;

  constructor(
    private readonly output: FrameOutput,
    private readonly owner: DataOwner,
  ) {}

  /** Streams have bytes for which the client gives the connection no window. */
  get isStarved(): boolean {
    return this.window <= 0 && !this.order.isEmpty;
  }

  /** Sends what windows and socket let through, unless others are first; returns up to where. */
  send(stream: DataStream, bytes: Uint8Array, start: number, end: number): number {
    return this.isSending || this.order.isEmpty ? this.put(stream, bytes, start, end) : start;
  }

  private put(stream: DataStream, bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && !this.output.isBlocked) {
      const size = Math.min(end - at, FRAME_LIMIT, stream.window, this.window);
      if (size <= 0 || !this.output.data(stream.id, bytes, at, at + size)) break;
      stream.window -= size;
      this.window -= size;
      at += size;
    }
    if (at === start) return at;
    this.sent += at - start;
    this.owner.dataSent(at - start, at < end);
    return at;
  }

  /** How many bytes it has sent since this was asked the last time. */
  takeSent(): number {
    const { sent } = this;
    this.sent = 0;
    return sent;
  }

  /** The stream has bytes left; they wait for the socket, for others, or for the window of the connection. One that waits for its
   * own window is not in the order. */
  await(stream: DataStream): void {
    if (stream.window <= 0) return;
    this.order.add(stream);
    if (this.window <= 0) this.owner.dataStarved();
  }

  remove(stream: DataStream): void {
    this.order.remove(stream);
  }

  /** The client gives the connection more; false: more than there may be. */
  widen(by: number): boolean {
    this.window += by;
    return this.window <= MAX_WINDOW;
  }

  /** The client gives every stream more at first, or less; false: more than there may be. */
  resizeWindows(streams: Iterable<DataStream>, size: number): boolean {
    const by = size - this.initialWindow;
    this.initialWindow = size;
    for (const stream of streams) {
      stream.window += by;
      if (stream.window > MAX_WINDOW) return false;
      if (stream.window <= 0) this.order.remove(stream);
      else if (stream.hasUnsent) this.await(stream);
    }
    return true;
  }

  /** There may be room: whoever waits sends. */
  sendWaiting(): void {
    if (this.isSending) return;
    this.isSending = true;
    while (!this.output.isBlocked && this.window > 0) {
      const stream = this.order.next();
      if (stream === undefined) break;
      const hasMore = stream.sendWaiting(turnOf(stream.priority));
      if (!hasMore || stream.window <= 0) continue;
      if (this.output.isBlocked || this.window <= 0) this.order.goesOn(stream);
      else this.order.add(stream);
    }
    this.isSending = false;
    if (this.isStarved) this.owner.dataStarved();
  }
}
