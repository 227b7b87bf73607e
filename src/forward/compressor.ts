// A response body on its way from the backend to the client, compressed: slices in as they come, chunks out.
//
// Nothing waits here for more: what has come is compressed when the turn of the event loop ends, and flushed when the
// encoder is idle and a turn has brought nothing new. So long polls and event streams flow, and a download that keeps
// the encoder busy is never flushed in between.
import { ChunkScanner } from '../http1/chunked.ts';
import { ascii } from '../message/bytes.ts';
import { BODY_CHUNKED } from '../message/head.ts';
import type { Compression } from './compression.ts';
import { type Encoder, createEncoder, flushKind } from './encoders.ts';

/** Whose body it is. */
export interface CompressorEvents {
  /** A slice for the client, in chunks; it may be kept. False: no more until `resume`. */
  compressed(bytes: Uint8Array, start: number, end: number): boolean;
  /** There is room again, after a `write` that returned false. */
  compressorDrained(): void;
  /** Everything has been handed over, the last chunk included. */
  compressorDone(): void;
  compressorFailed(cause: Error): void;
}

/** Uncompressed bytes that may wait. A single slice may be larger: it is already in memory. */
const ROOM = 64 * 1024;
const LAST_CHUNK = ascii('0\r\n\r\n');

/** Compresses one body. After `compressorDone`, `compressorFailed` or `destroy` it is silent. */
export class Compressor {
  private readonly encoder: Encoder;
  private readonly scanner: ChunkScanner | null;
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
    this.scanner = plan.framing === BODY_CHUNKED ? new ChunkScanner('response') : null;
    if (this.scanner !== null) this.scanner.begin('payload');
    this.encoder.on('data', (bytes: Uint8Array) => this.produced(bytes));
    this.encoder.on('end', () => this.ended());
    this.encoder.on('error', (cause) => this.failed(cause));
  }

  /** Takes a slice in the framing of the backend, and keeps it. False: no more until `compressorDrained`. */
  write(bytes: Uint8Array, start: number, end: number): boolean {
    const stop = this.unframe(bytes, start, end);
    if (stop > start && !this.isOver) this.take(bytes.subarray(start, stop));
    this.isResting = this.backlog >= ROOM;
    return !this.isResting;
  }

  private unframe(bytes: Uint8Array, start: number, end: number): number {
    if (this.scanner === null) return end;
    if (this.scanner.scan(bytes, start, end) >= 0) return this.scanner.keptEnd;
    this.failed(new Error('the chunks of the body are broken'));
    return start;
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
    if (this.isOver || bytes.length === 0) return; // an empty chunk would be the last one
    const chunk = chunkOf(bytes);
    if (!this.events.compressed(chunk, 0, chunk.length)) this.encoder.pause();
  }

  private ended(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.compressed(LAST_CHUNK, 0, LAST_CHUNK.length);
    this.events.compressorDone();
  }

  private failed(cause: Error): void {
    if (this.isOver) return;
    this.destroy();
    this.events.compressorFailed(cause);
  }
}

function chunkOf(payload: Uint8Array): Uint8Array {
  const size = ascii(`${payload.length.toString(16)}\r\n`);
  const chunk = new Uint8Array(size.length + payload.length + 2);
  chunk.set(size, 0);
  chunk.set(payload, size.length);
  chunk.set(LINE_END, size.length + payload.length);
  return chunk;
}

const LINE_END = ascii('\r\n');
