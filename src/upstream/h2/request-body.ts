// The body of one request on its way to the backend, in the windows that the backend opens.
import { BodyReader } from '../../http1/body-reader.ts';
import { BODY_CHUNKED, BODY_NONE, type Head } from '../../message/head.ts';
import type { BodyForm } from '../../message/contract.ts';
import { FRAME_LIMIT } from '../../http2/frames.ts';
import { LAST_CHUNK_SIZE, writeTrailers } from '../../http1/write-chunks.ts';
import { out } from '../../http1/output.ts';
import { EMPTY } from '../../message/bytes.ts';
import type { FrameOutput } from './frame-output.ts';
import { releaseHead } from '../../message/head.ts';

/** The connection, as a body that is sent over it sees it. */
export interface BodyWay {
  /** What all bodies together may send. */
  window: number;
  readonly output: FrameOutput;
  /** A body rests until a window opens, or the kernel takes bytes again. */
  hasResting: boolean;
}

// Of most bodies nothing ever waits. It stays empty.
const NONE: Uint8Array[] = [];

export class RequestBody {
  /** What this body may send. It may be negative (RFC 9113 6.9.2). */
  window = 0;
  /** The frame that ends the stream has been sent. */
  isDone = true;
  /** Its sender waits to hear that it may go on. */
  isResting = false;
  private stream = 0;
  /** Of a body of known length. */
  private left = 0;
  /** A body that comes in chunks, which are taken off: HTTP/2 has frames of its own. */
  private isChunked = false;
  private reader: BodyReader | null = null;
  /** Payload that waits for a window, or for room in the kernel. */
  private queue: Uint8Array[] = NONE;
  /** The request is complete: nothing follows what waits. */
  private hasEnded = false;
  /** The lines of the trailers, as HTTP/1.1 writes them. */
  private trailers: Uint8Array = EMPTY;

  constructor(public way: BodyWay) {}

  /** Nothing of the next request has been sent. */
  reset(): void {
    this.isDone = true;
    this.isResting = false;
    this.hasEnded = false;
  }

  /** True: all that has been taken has been sent. False: the sender must rest until `pump` says that it may go on. */
  get isSettled(): boolean {
    const isSettled = this.queue.length === 0 && !this.way.output.isBlocked;
    if (!isSettled) this.way.hasResting = true;
    this.isResting = !isSettled;
    return isSettled;
  }

  /** The head has been sent. */
  begin(stream: number, head: Head, form: BodyForm, window: number): void {
    this.stream = stream;
    this.window = window;
    this.isDone = isBodiless(head);
    this.left = head.framing === BODY_CHUNKED || form === 'payload' ? Number.POSITIVE_INFINITY : head.length;
    this.isChunked = head.framing === BODY_CHUNKED && form === 'framed';
    this.hasEnded = false;
    this.isResting = false;
    this.trailers = EMPTY;
    this.queue = NONE;
    if (!this.isChunked) return;
    this.reader ??= new BodyReader('request');
    this.reader.begin(head, 'payload_and_trailers');
  }

  /** What is sent is no body, but goes on until somebody ends it. */
  goOn(): void {
    this.isDone = false;
    this.left = Number.POSITIVE_INFINITY;
  }

  /** Takes a part of the body; false: some of it waits. */
  take(bytes: Uint8Array, start: number, end: number): boolean {
    const { reader } = this;
    if (!this.isChunked || reader === null) return this.push(bytes, start, end);
    // Payload moves together in place, and the chunks may have to be sent once more, to another backend.
    const slice = reader.next(bytes.slice(start, end));
    reader.read(slice, 0, slice.length);
    return this.push(slice, 0, reader.keptEnd);
  }

  private push(bytes: Uint8Array, start: number, end: number): boolean {
    const sent = this.queue.length === 0 ? this.send(bytes, start, end) : start;
    if (sent < end) this.keep(bytes.slice(sent, end));
    return this.isSettled;
  }

  private keep(bytes: Uint8Array): void {
    if (this.queue === NONE) this.queue = [];
    this.queue.push(bytes);
  }

  // Returns how far it has come.
  private send(bytes: Uint8Array, start: number, end: number): number {
    const { way } = this;
    let at = start;
    while (at < end && !way.output.isBlocked) {
      const size = Math.min(FRAME_LIMIT, end - at, this.window, way.window);
      if (size <= 0) break;
      this.window -= size;
      way.window -= size;
      this.left -= size;
      this.isDone = this.left === 0;
      way.output.data(this.stream, bytes, at, at + size, this.isDone);
      at += size;
    }
    return at;
  }

  setTrailers(trailers: Head): void {
    const length = writeTrailers(out, trailers);
    this.trailers = out.slice(LAST_CHUNK_SIZE, length - 2);
  }

  /** The request is complete. */
  end(): void {
    this.hasEnded = true;
    if (this.isChunked && this.reader !== null) {
      const trailers = this.reader.takeTrailers();
      if (trailers !== null) {
        this.setTrailers(trailers);
        releaseHead(trailers);
      }
    }
    if (this.queue.length === 0) this.close();
  }

  /** The backend takes so many bytes more. */
  widen(size: number): void {
    this.window += size;
  }

  /** Sends what waits, as far as the windows reach. */
  pump(): void {
    const { queue } = this;
    while (queue.length > 0) {
      const first = queue[0];
      const sent = this.send(first, 0, first.length);
      if (sent < first.length) {
        queue[0] = first.subarray(sent);
        return;
      }
      queue.shift();
    }
    if (this.hasEnded) this.close();
  }

  private close(): void {
    if (this.isDone) return;
    this.isDone = true;
    const { output } = this.way;
    const { trailers } = this;
    if (trailers === EMPTY) return output.data(this.stream, EMPTY, 0, 0, true);
    output.beginHeaders();
    output.encoder.lines(trailers, 0, trailers.length);
    output.headers(this.stream, true);
  }

  drop(): void {
    this.queue = NONE;
    this.trailers = EMPTY;
  }
}

/** The frame of the head ends the stream. */
function isBodiless(head: Head): boolean {
  return head.framing === BODY_NONE || (head.framing !== BODY_CHUNKED && head.length === 0);
}
