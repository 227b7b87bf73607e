// Puts requests on a connection: the head and what has come of its body in one write where that is possible, then the rest, in
// chunks that are made here where it comes as payload.
import { copy } from '../../core/copy-bytes.ts';
import { Outbox, type Sending } from '../../core/outbox.ts';
import type { DialledSocket } from '../../core/dial.ts';
import { SMALL_BODY, out } from '../../http1/output.ts';
import { LAST_CHUNK, chunkOf, writeChunk, writeTrailers } from '../../http1/write-chunks.ts';
import { writeRequestHead } from '../../http1/write-request.ts';
import type { OriginFacts, OutgoingRequest } from '../../message/contract.ts';
import type { Head } from '../../message/head.ts';

/** A socket; null: it is not open yet, or is gone. */
type Way = DialledSocket | null;

export class RequestOutput {
  private readonly outbox: Outbox;
  /** The request's body is sent in chunks that are made here. */
  private isChunking = false;
  /** FIN follows when the last bytes have left. */
  private isEnding = false;
  /** What had been sent before the latest request. */
  private before = 0;

  constructor(sending: Sending) {
    this.outbox = new Outbox(sending, null);
  }

  /** How many bytes have left on the connection. */
  get sent(): number {
    return this.outbox.sent;
  }

  /** A byte of the latest request has left. */
  get hasBegun(): boolean {
    return this.outbox.left > this.before;
  }

  /** Nothing waits to be sent. */
  get isSettled(): boolean {
    return this.outbox.isSettled;
  }

  /** False, here as below: kept in part, rest until drained. */
  send(way: Way, request: OutgoingRequest, origin: OriginFacts): boolean {
    const { head, bodyStart, bodyEnd, bodyForm } = request;
    const { bytes } = head;
    this.isChunking = bodyForm === 'payload';
    this.before = this.outbox.sent;
    let length = writeRequestHead(out, request, origin);
    const size = bodyEnd - bodyStart;
    if (size > SMALL_BODY) {
      this.outbox.send(way, out, 0, length, true);
      return this.sendBody(way, bytes, bodyStart, bodyEnd);
    }
    if (size > 0 && this.isChunking) length = writeChunk(out, length, bytes, bodyStart, bodyEnd);
    else length = copy(out, length, bytes, bodyStart, bodyEnd);
    return this.outbox.send(way, out, 0, length, true);
  }

  sendBody(way: Way, bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.isChunking) return this.outbox.send(way, bytes, start, end, false);
    const chunk = chunkOf(bytes, start, end);
    return this.outbox.send(way, chunk, 0, chunk.length, false);
  }

  sendTrailers(way: Way, trailers: Head): void {
    if (!this.isChunking) return;
    this.isChunking = false;
    this.outbox.send(way, out, 0, writeTrailers(out, trailers), true);
  }

  /** The request is complete. */
  finish(way: Way): void {
    if (this.isChunking) this.outbox.send(way, LAST_CHUNK, 0, LAST_CHUNK.length, false);
    this.isChunking = false;
  }

  /** Nothing more is sent on the connection, now or when the last bytes have left. */
  end(way: Way): void {
    this.isEnding = !this.outbox.finish(way);
  }

  /** The socket takes bytes again. True: the sender may go on. */
  drained(way: Way): boolean {
    if (way === null || this.outbox.isEmpty || !this.outbox.flush(way)) return false; // drain also comes uncalled for
    if (this.isEnding) way.shutdown();
    return !this.isEnding;
  }
}
