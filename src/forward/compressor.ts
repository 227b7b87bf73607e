// A response body on its way from the backend to the client, compressed: payload in as it comes, payload out.
//
// Nothing waits here for more: what has come is compressed when the turn of the event loop ends, and flushed when the
// encoder is idle and a turn has brought nothing new. So long polls and event streams flow, and a download that keeps
// the encoder busy is never flushed in between.
import type { Compression } from './compression.ts';
import { type Encoder, createEncoder, flushKind } from './encoders.ts';

/** Whose body it is. */
export interface CompressorEvents {
  /** A slice for the client; it may be kept. False: no more until `resume`. */
  compressed(bytes: Uint8Array, start: number, end: number): boolean;
  /** There is room again, after a `write` that returned false. */
  compressorDrained(): void;
  /** Everything has been handed over. */
  compressorDone(): void;
  compressorFailed(cause: Error): void;
}

/** Uncompressed bytes that may wait. A single slice may be larger: it is already in memory. */
const ROOM = 64 * 1024;

/** Compresses one body. After `compressorDone`, `compressorFailed` or `destroy` it is silent. */
export class Compressor {
  private readonly encoder: Encoder;
  private readonly flushKind: number;
  private readonly sendsAtOnce: boolean;
  /** The latest slice, kept until its turn is over: with the end of the body it takes one step instead of two, which
   * halves the cost of a small body. */
  private held: Uint8Array | null = null;
  /** Bytes that the encoder has not taken. */
  private backlog = 0;
  private isResting = false;
  private isFlushed = true;
  private isEnding = false;
  private isOver = false;
  private isTurnWatched = false;

  constructor(
    plan: Compression,
    private readonly events: CompressorEvents,
  ) {
    this.encoder = createEncoder(plan.coding, plan.level, plan.length);
    this.flushKind = flushKind(plan.coding);
    this.sendsAtOnce = plan.isEventStream;
    this.encoder.on('data', (bytes: Uint8Array) => this.produced(bytes));
    this.encoder.on('end', () => this.ended());
    this.encoder.on('error', (cause) => this.failed(cause));
  }

  /** Takes a slice, and keeps it. False: no more until `compressorDrained`. */
  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (end > start && !this.isOver) this.take(bytes.subarray(start, end));
    this.isResting = this.backlog >= ROOM;
    return !this.isResting;
  }

  private take(payload: Uint8Array): void {
    this.backlog += payload.length;
    this.feedHeld();
    this.held = payload;
    if (!this.sendsAtOnce) return this.watchTurn();
    this.feedHeld();
    this.flush();
  }

  private feedHeld(): void {
    const { held } = this;
    if (held === null) return;
    this.held = null;
    this.isFlushed = false;
    this.encoder.write(held, () => this.fed(held.length));
  }

  private fed(size: number): void {
    if (this.isOver) return;
    this.backlog -= size;
    if (this.backlog === 0) this.watchTurn();
    if (!this.isResting || this.backlog > ROOM / 2) return;
    this.isResting = false;
    this.events.compressorDrained();
  }

  private watchTurn(): void {
    if (this.isTurnWatched) return;
    this.isTurnWatched = true;
    setImmediate(() => this.turnEnded());
  }

  private turnEnded(): void {
    this.isTurnWatched = false;
    if (this.isOver || this.isEnding) return;
    if (this.held !== null) this.feedHeld();
    else if (this.backlog === 0) this.flush();
  }

  private flush(): void {
    if (this.isFlushed) return;
    this.isFlushed = true;
    this.encoder.flush(this.flushKind);
  }

  /** The body is complete. */
  end(): void {
    if (this.isOver || this.isEnding) return;
    this.isEnding = true;
    const { held } = this;
    this.held = null;
    if (held === null) this.encoder.end();
    else this.encoder.end(held);
  }

  /** The client takes more. */
  resume(): void {
    if (!this.isOver) this.encoder.resume();
  }

  /** The body is of no use any more. */
  destroy(): void {
    this.isOver = true;
    this.held = null;
    this.encoder.destroy();
  }

  private produced(bytes: Uint8Array): void {
    if (!this.isOver && !this.events.compressed(bytes, 0, bytes.length)) this.encoder.pause();
  }

  private ended(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.compressorDone();
  }

  private failed(cause: Error): void {
    if (this.isOver) return;
    this.destroy();
    this.events.compressorFailed(cause);
  }
}
