// The sending half of a client connection: writes responses in the form that the client understands, and keeps the
// bytes that the kernel has not taken yet.
import type { Socket } from 'bun';
import { copy } from '../core/copy-bytes.ts';
import { Outbox, type OutboxOwner } from '../core/outbox.ts';
import { NO_ROOM } from '../core/send-batch.ts';
import type { Timed } from '../core/timer-wheel.ts';
import { SMALL_BODY, out } from '../http1/output.ts';
import { GOING_AWAY } from '../http1/websocket-frames.ts';
import { LAST_CHUNK, chunkOf, writeChunk, writeTrailers } from '../http1/write-chunks.ts';
import {
  type ConnectionWord,
  NO_PLACE,
  type ResponseManner,
  isShiftable,
  firstBytes,
  isFirst,
  placeForAdditions,
  shiftResponseHead,
  writeLocalHead,
  writeResponseHead,
} from '../http1/write-response.ts';
import type { Edits } from '../message/edits.ts';
import type { BodyForm } from '../message/contract.ts';
import { BODY_NONE, BODY_UNTIL_CLOSE, type Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { Goodbye } from './goodbye.ts';
import type { ConnectionTools } from './contract.ts';
import { Uptake } from './uptake.ts';

type ResponseEdits = Edits<'response'> | null;

/** Writes to one socket; `isPlain`: without TLS. While the client does not take what is sent, it sets the deadline of `owner`. */
export class ResponseWriter implements ResponseManner, OutboxOwner {
  /** How the head is to be written that is being written now: the value of Connection, the body's framing, the edits. */
  word: ConnectionWord = 'implied';
  framing: ResponseManner['framing'] = 'as_is';
  edits: ResponseEdits = null;
  identified: Head | null = null;
  /** The response to the current request has begun. */
  hasSentHead = false;
  /** The status of the response to the current request; 0: none has begun. */
  status = 0;
  /** The connection may go on after this response. */
  keepAlive = true;
  /** The client speaks HTTP/1.0. */
  isOld = false;
  private toHead = false;
  private request: Head | null = null;
  private readonly outbox: Outbox;
  /** Bytes of the current response that were written. */
  private written = 0;
  /** Whether its client takes the current response fast enough; null: it has taken all of it so far. */
  private uptake: Uptake | null = null;
  /** Follows the frames of a WebSocket; null: the connection is not one. */
  private goodbye: Goodbye | null = null;

  constructor(
    private readonly socket: Pick<Socket, 'write'>,
    private readonly isPlain: boolean,
    private readonly owner: Timed,
    private readonly tools: Pick<
      ConnectionTools,
      'wheel' | 'timeouts' | 'date' | 'isDraining' | 'sending' | 'minResponseRate' | 'ids' | 'tellsIds'
    >,
  ) {
    this.outbox = new Outbox(tools.sending, this);
  }

  /** True when the kernel has taken everything. */
  get isEmpty(): boolean {
    return this.outbox.isEmpty;
  }

  /** Bytes of the response that the kernel has taken, or will take by the end of this turn. */
  get sent(): number {
    return this.written - this.outbox.size;
  }

  /** A new request has come. `keepAlive`: the connection may go on after its response. */
  begin(request: Head | null, keepAlive: boolean): void {
    this.hasSentHead = false;
    this.status = 0;
    this.goodbye = null;
    this.framing = 'as_is';
    this.keepAlive = keepAlive;
    this.isOld = request !== null && request.minor === 0;
    this.toHead = request !== null && request.isHeadMethod;
    this.request = request;
    this.written = 0;
    if (this.uptake !== null) this.beginUptake(this.uptake);
  }

  // Bytes of the response before may still wait.
  private beginUptake(uptake: Uptake): void {
    if (uptake.isBehindNow) uptake.begin();
    else this.uptake = null;
  }

  // RFC 9110 15.2: never to an HTTP/1.0 client.
  interim(head: Head): void {
    if (this.isOld) return;
    this.word = 'implied';
    this.framing = 'as_is';
    this.edits = null;
    this.identified = null;
    this.write(out, 0, writeResponseHead(out, head, this), true);
  }

  head(head: Head, edits: ResponseEdits, form: BodyForm, bodyStart: number, bodyEnd: number): boolean {
    this.framing = this.framingFor(head, form);
    this.edits = edits;
    this.identified = this.tools.tellsIds ? this.request : null;
    this.hasSentHead = true;
    this.status = head.status;
    const isBare = this.framing === 'bare' && !this.toHead;
    const isUntilClose = this.framing === 'as_is' ? head.framing === BODY_UNTIL_CLOSE : isBare;
    if (isUntilClose || this.tools.isDraining) this.keepAlive = false;
    this.word = this.connectionWord;
    const isShifted = this.word === 'implied' && this.framing === 'as_is' && isShiftable(head);
    const place = isShifted ? placeForAdditions(head, this) : NO_PLACE;
    if (place === NO_PLACE) return this.writeAnew(head, bodyStart, bodyEnd);
    if (isFirst(place)) return this.writeCopy(head, place, bodyStart, bodyEnd);
    return this.write(head.bytes, shiftResponseHead(head, this, place, head.bytes, 0), bodyEnd, false);
  }

  // A small response without a place for what is added is copied to where it has one.
  private writeCopy(head: Head, place: number, bodyStart: number, bodyEnd: number): boolean {
    const { bytes, start } = head;
    const { batch } = this.tools.sending;
    const added = firstBytes(place, this);
    const size = bodyEnd - start;
    const at = size > SMALL_BODY ? NO_ROOM : batch.reserve(added + size);
    if (at === NO_ROOM) return this.writeAnew(head, bodyStart, bodyEnd);
    const { room } = batch;
    const copyAt = at + added;
    copy(room, copyAt, bytes, start, bodyEnd);
    return this.write(room, shiftResponseHead(head, this, place, room, copyAt - start), copyAt + size, false);
  }

  private writeAnew(head: Head, bodyStart: number, bodyEnd: number): boolean {
    return this.sendWith(writeResponseHead(out, head, this), head.bytes, bodyStart, bodyEnd);
  }

  // Writes a small body to `to` at `from`; returns the position after it.
  private withBody(to: Uint8Array, from: number, bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return from;
    return this.framing === 'chunked' ? writeChunk(to, from, bytes, start, end) : copy(to, from, bytes, start, end);
  }

  private framingFor(head: Head, form: BodyForm): ResponseManner['framing'] {
    if (form === 'framed') return 'as_is';
    // How long the body would be that a GET brings is not known.
    if (head.framing === BODY_NONE) return this.toHead ? 'bare' : 'as_is';
    return this.isOld ? 'bare' : 'chunked';
  }

  /** The trailers of a body that was sent as payload: an HTTP/1.0 client gets none. */
  trailers(trailers: Head): void {
    if (this.framing !== 'chunked') return;
    this.framing = 'as_is';
    this.write(out, 0, writeTrailers(out, trailers), true);
  }

  /** The body is complete. */
  finish(): void {
    if (this.framing !== 'chunked') return;
    this.framing = 'as_is';
    this.write(LAST_CHUNK, 0, LAST_CHUNK.length, false);
  }

  get idPrefix(): Uint8Array {
    return this.tools.ids.prefix;
  }

  get dateLine(): Uint8Array {
    return this.tools.date.bytes;
  }

  private get connectionWord(): ConnectionWord {
    if (!this.keepAlive) return 'close';
    return this.isOld ? 'keep-alive' : 'implied';
  }

  private sendWith(length: number, bytes: Uint8Array, bodyStart: number, bodyEnd: number): boolean {
    const size = bodyEnd - bodyStart;
    if (size <= SMALL_BODY) return this.write(out, 0, this.withBody(out, length, bytes, bodyStart, bodyEnd), true);
    if (this.framing !== 'chunked') return this.writeBoth(length, bytes, bodyStart, bodyEnd);
    const chunk = chunkOf(bytes, bodyStart, bodyEnd);
    return this.writeBoth(length, chunk, 0, chunk.length);
  }

  // Writes the head of that length in `out`, and the large body behind it. TLS has to encrypt them, so that the kernel cannot be
  // asked to take both.
  private writeBoth(length: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.isPlain) {
      this.write(out, 0, length, true);
      return this.write(bytes, start, end, false);
    }
    this.written += length + end - start;
    if (this.outbox.sendBoth(this.socket, out.subarray(0, length), bytes, start, end)) return true;
    this.startClock();
    return false;
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.framing === 'chunked') return this.chunk(bytes, start, end);
    const { goodbye } = this;
    if (goodbye === null) return this.write(bytes, start, end, false);
    const taken = this.write(bytes, start, goodbye.pass(bytes, start, end), false);
    return this.conclude(goodbye) && taken;
  }

  private chunk(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return true; // an empty chunk would be the last one
    const chunk = chunkOf(bytes, start, end);
    return this.write(chunk, 0, chunk.length, false);
  }

  private conclude(goodbye: Goodbye): boolean {
    const bytes = goodbye.epilogue();
    return bytes === null || this.write(bytes, 0, bytes.length, false);
  }

  /** The head of a 101 and the first bytes of the new protocol. */
  upgrade(head: Head, edits: ResponseEdits, start: number, end: number, isWebSocket: boolean): boolean {
    this.hasSentHead = true;
    this.status = head.status;
    this.word = 'upgrade';
    this.framing = 'as_is';
    this.edits = edits;
    this.identified = this.tools.tellsIds ? this.request : null;
    const taken = this.write(out, 0, writeResponseHead(out, head, this), true);
    this.goodbye = isWebSocket ? new Goodbye(GOING_AWAY) : null;
    return start === end ? taken : this.body(head.bytes, start, end);
  }

  /** The gateway goes away: the client of a WebSocket is told so at the next end of a frame. */
  sayGoodbye(): void {
    const { goodbye } = this;
    if (goodbye === null) return;
    goodbye.isLeaving = true;
    this.conclude(goodbye);
  }

  /** The client of a WebSocket has been told that the gateway goes away, and gets nothing more. */
  get hasSaidGoodbye(): boolean {
    return this.goodbye !== null && this.goodbye.hasLeft;
  }

  local(response: LocalResponse, edits: ResponseEdits): void {
    this.framing = 'as_is';
    this.hasSentHead = true;
    this.status = response.status;
    if (this.tools.isDraining) this.keepAlive = false;
    this.word = this.connectionWord;
    this.edits = edits;
    this.identified = this.tools.tellsIds ? this.request : null;
    const length = writeLocalHead(out, response, this);
    this.sendWith(length, response.body, 0, this.toHead ? 0 : response.body.length);
  }

  /** Sends what the kernel did not take before; true when nothing is left. */
  flush(): boolean {
    const isFlushed = this.outbox.flush(this.socket);
    if (isFlushed) this.uptake?.caughtUp();
    else this.startClock();
    return isFlushed;
  }

  /** Sends now what would otherwise leave at the end of this turn, because the socket is to be closed. True when
   * nothing is left. */
  settle(): boolean {
    this.outbox.settle();
    return this.outbox.isEmpty;
  }

  /** The socket is gone. */
  drop(): void {
    this.outbox.drop();
  }

  private write(bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    this.written += end - start;
    if (this.outbox.send(this.socket, bytes, start, end, isShared)) return true;
    this.startClock();
    return false;
  }

  outboxHeld(): void {
    this.startClock();
  }

  private startClock(): void {
    const { wheel, minResponseRate, timeouts } = this.tools;
    this.uptake ??= new Uptake(wheel, minResponseRate, timeouts.idle);
    this.uptake.isBehind();
    wheel.set(this.owner, this.uptake.interval);
  }

  /** The deadline has passed. True: the client takes what it is sent fast enough, and gets more time. */
  isWorthwhile(): boolean {
    const { uptake } = this;
    if (uptake === null) return false;
    const inKernel = this.tools.sending.kernel.waiting(this.socket);
    uptake.written = this.written;
    const isWorthwhile = uptake.isWorthwhile(inKernel === null ? null : inKernel + this.outbox.size);
    if (isWorthwhile) this.tools.wheel.set(this.owner, uptake.interval);
    return isWorthwhile;
  }
}
