// The body of one response on its way from the backend: its length, the window that the backend has for it, and what is held
// while the client rests.
import type { Failure } from '../../core/failure.ts';
import { malformedResponse } from '../../http1/refusals.ts';
import { chunkOf } from '../../http1/write-chunks.ts';
import type { BodyForm, UpstreamEvents } from '../../message/contract.ts';
import { BODY_CHUNKED, type Head } from '../../message/head.ts';
import { keptTrailers, lengthOf, passTrailers } from './answer.ts';
import { STREAM_WINDOW } from './windows.ts';

/** The stream that it comes over. */
export interface BodyOwner {
  /** Null: the exchange is over. */
  readonly events: UpstreamEvents | null;
  /** The backend may send so many bytes more. */
  credit(size: number): void;
  refuse(why: Failure): void;
}

export class ResponseBody {
  /** The backend has sent all. */
  hasEnded = false;
  /** The client rests. */
  isPaused = false;
  /** Bytes that are still to come; Infinity: nobody knows. */
  private left = 0;
  /** The exchange wants it in chunks, which are made here. */
  private isChunking = false;
  /** What came while the client rested. */
  private held: Uint8Array[] | null = null;
  private trailers: Uint8Array | null = null;
  /** What the backend may still send before it is given more. */
  private window = STREAM_WINDOW;

  constructor(private readonly owner: BodyOwner) {}

  /** Nothing of the next response has come. */
  reset(): void {
    this.hasEnded = false;
    this.isPaused = false;
    this.isChunking = false;
    this.trailers = null;
    this.window = STREAM_WINDOW;
  }

  begin(head: Head, form: BodyForm): void {
    this.left = lengthOf(head);
    this.isChunking = form === 'framed' && head.framing === BODY_CHUNKED;
  }

  /** What comes is no body, but goes on until somebody ends it. */
  goOn(): void {
    this.left = Number.POSITIVE_INFINITY;
  }

  /** Some of it has come and waits for the client. */
  get isHeld(): boolean {
    return this.held !== null;
  }

  /** It has ended before its length. */
  get isCut(): boolean {
    return this.left > 0 && this.left !== Number.POSITIVE_INFINITY;
  }

  /** So much of the window has been used. False: more than the backend was allowed. */
  fits(size: number): boolean {
    this.window -= size;
    return this.window >= 0;
  }

  /** Returns whether the memory may be given back. */
  take(events: UpstreamEvents, bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.isPaused) return this.deliver(events, bytes, start, end);
    this.held ??= [];
    this.held.push(bytes.slice(start, end));
    return true;
  }

  private deliver(events: UpstreamEvents, bytes: Uint8Array, start: number, end: number): boolean {
    const { owner } = this;
    this.left -= end - start;
    if (this.left < 0) {
      owner.refuse(malformedResponse('its body is longer than its Content-Length says'));
      return true;
    }
    if (!this.isChunking) {
      const isTaken = events.responseBody(bytes, start, end);
      if (owner.events === events) this.giveCredit();
      return isTaken;
    }
    const chunk = chunkOf(bytes, start, end);
    events.responseBody(chunk, 0, chunk.length);
    if (owner.events === events) this.giveCredit();
    return true;
  }

  /** The client takes bytes again. */
  passHeld(events: UpstreamEvents): void {
    while (this.held !== null && !this.isPaused && this.owner.events === events) {
      const next = this.held.shift();
      if (this.held.length === 0) this.held = null;
      if (next !== undefined) this.deliver(events, next, 0, next.length);
    }
  }

  /** What is held has been allowed for: more is allowed only when it has gone on. */
  giveCredit(): void {
    if (this.isPaused || this.hasEnded || this.window > STREAM_WINDOW / 2) return;
    this.owner.credit(STREAM_WINDOW - this.window);
    this.window = STREAM_WINDOW;
  }

  keepTrailers(lines: Uint8Array): void {
    this.trailers = keptTrailers(lines);
  }

  /** What follows it. `takesTrailers`: whoever has asked takes them. */
  passEnd(events: UpstreamEvents, takesTrailers: boolean): void {
    const hasOpenEnd = this.left === Number.POSITIVE_INFINITY;
    passTrailers(events, takesTrailers && hasOpenEnd ? this.trailers : null, this.isChunking);
  }

  drop(): void {
    this.held = null;
  }
}
