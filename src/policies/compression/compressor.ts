// A response body on its way from the backend to the client, compressed: payload in as it comes, payload out.
//
// Nothing waits here for more: what has come is compressed when the turn of the event loop ends, and flushed when the
// encoder is idle and a turn has brought nothing new. So long polls and event streams flow, and a download that keeps
// the encoder busy is never flushed in between.
import type { BodyStage, StageOutput } from '../contract.ts';
import type { Coding } from './accept-encoding.ts';
import { type Encoder, createEncoder, flushKind } from './encoders.ts';

/** How one body is compressed. */
export type Compression = {
  readonly coding: Coding;
  readonly level: number;
  /** Of the body as it comes; 0: not known. */
  readonly length: number;
  /** Every slice goes on at once. */
  readonly isEventStream: boolean;
};

/** Uncompressed bytes that may wait. A single slice may be larger: it is already in memory. */
const ROOM = 64 * 1024;

/** Compresses one body. After `ended`, `failed` or `destroy` it is silent. */
export class Compressor implements BodyStage {
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
    private readonly output: StageOutput,
  ) {
    this.encoder = createEncoder(plan.coding, plan.level, plan.length);
    this.flushKind = flushKind(plan.coding);
    this.sendsAtOnce = plan.isEventStream;
    this.encoder.on('data', (bytes: Uint8Array) => this.produced(bytes));
    this.encoder.on('end', () => this.ended());
    this.encoder.on('error', (cause) => this.failed(cause));
  }

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
    this.output.drained();
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
    if (!this.isOver && !this.output.produced(bytes, 0, bytes.length)) this.encoder.pause();
  }

  private ended(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.output.ended();
  }

  private failed(cause: Error): void {
    if (this.isOver) return;
    this.destroy();
    this.output.failed(cause);
  }
}
