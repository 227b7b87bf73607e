// The sending half of a client connection: responses in the form that the client understands, and what the kernel did
// not take yet.
import type { Socket } from 'bun';
import { Outbox } from '../core/outbox.ts';
import type { Timed } from '../core/timer-wheel.ts';
import { SMALL_BODY, out } from '../http1/output.ts';
import {
  type ConnectionWord,
  NO_PLACE,
  type ResponseManner,
  isShiftable,
  shiftResponseHead,
  writeLocalHead,
  writeResponseHead,
} from '../http1/write-response.ts';
import type { Edits } from '../message/edits.ts';
import { BODY_CHUNKED, BODY_UNTIL_CLOSE, type Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { Goodbye, type Passage, Unframing } from './passages.ts';
import type { ConnectionTools } from './contract.ts';
import { Uptake } from './uptake.ts';

type ResponseEdits = Edits<'response'> | null;

/** Writes to one socket. `owner` has its deadline set while the client does not take what is sent. */
export class ResponseWriter implements ResponseManner {
  /** Of the head that is being written: */
  word: ConnectionWord = 'implied';
  unframes = false;
  edits: ResponseEdits = null;
  /** Of the response to the current request. */
  hasSentHead = false;
  /** Of the response to the current request; 0: none has begun. */
  status = 0;
  /** The connection may go on after this response. */
  keepAlive = true;
  private isOld = false;
  private toHead = false;
  private readonly outbox: Outbox;
  private readonly uptake: Uptake;
  /** What a body goes through on its way out; null: nothing, as a rule. */
  private passage: Passage | null = null;

  constructor(
    private readonly socket: Pick<Socket, 'write'>,
    private readonly owner: Timed,
    private readonly around: Pick<
      ConnectionTools,
      'wheel' | 'timeouts' | 'date' | 'isDraining' | 'sending' | 'minResponseRate'
    >,
  ) {
    this.uptake = new Uptake(around.wheel, around.minResponseRate, around.timeouts.idle);
    this.outbox = new Outbox(around.sending, () => this.startClock());
  }

  /** True when the kernel has taken everything. */
  get isEmpty(): boolean {
    return this.outbox.isEmpty;
  }

  /** Bytes of the response that the kernel has taken, or will take by the end of this turn. */
  get sent(): number {
    return this.uptake.written - this.outbox.size;
  }

  /** A new request has come. `keepAlive`: the connection may go on after its response. */
  begin(request: Head | null, keepAlive: boolean): void {
    this.hasSentHead = false;
    this.status = 0;
    this.passage = null;
    this.keepAlive = keepAlive;
    this.isOld = request !== null && request.minor === 0;
    this.toHead = request !== null && request.isHeadMethod;
    this.uptake.begin();
  }

  // RFC 9110 15.2: never to an HTTP/1.0 client.
  interim(head: Head): void {
    if (this.isOld) return;
    this.word = 'implied';
    this.unframes = false;
    this.edits = null;
    this.write(out, 0, writeResponseHead(out, head, this), true);
  }

  head(head: Head, edits: ResponseEdits, bodyStart: number, bodyEnd: number): boolean {
    this.unframes = this.isOld && head.framing === BODY_CHUNKED;
    this.edits = edits;
    this.hasSentHead = true;
    this.status = head.status;
    if (this.unframes || head.framing === BODY_UNTIL_CLOSE || this.around.isDraining) this.keepAlive = false;
    this.word = this.connectionWord;
    const shifted = this.word === 'implied' && isShiftable(head) ? shiftResponseHead(head, edits) : NO_PLACE;
    if (shifted !== NO_PLACE) return this.write(head.bytes, shifted, bodyEnd, false);
    const length = writeResponseHead(out, head, this);
    if (this.unframes) this.passage = new Unframing();
    return this.written(length, head.bytes, bodyStart, bodyEnd);
  }

  get dateLine(): Uint8Array {
    return this.around.date.bytes;
  }

  private get connectionWord(): ConnectionWord {
    if (!this.keepAlive) return 'close';
    return this.isOld ? 'keep-alive' : 'implied';
  }

  private written(length: number, bytes: Uint8Array, bodyStart: number, bodyEnd: number): boolean {
    const size = bodyEnd - bodyStart;
    if (size > 0 && size <= SMALL_BODY && this.passage === null) {
      out.set(bytes.subarray(bodyStart, bodyEnd), length);
      return this.write(out, 0, length + size, true);
    }
    const taken = this.write(out, 0, length, true);
    return size === 0 ? taken : this.body(bytes, bodyStart, bodyEnd);
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    const { passage } = this;
    if (passage === null) return this.write(bytes, start, end, false);
    const taken = this.write(bytes, start, passage.pass(bytes, start, end), false);
    return this.conclude(passage) && taken;
  }

  private conclude(passage: Passage): boolean {
    const bytes = passage.epilogue();
    return bytes === null || this.write(bytes, 0, bytes.length, false);
  }

  /** The head of a 101 and the first bytes of the new protocol. */
  upgrade(head: Head, edits: ResponseEdits, start: number, end: number, isWebSocket: boolean): boolean {
    this.hasSentHead = true;
    this.status = head.status;
    this.word = 'upgrade';
    this.unframes = false;
    this.edits = edits;
    const taken = this.write(out, 0, writeResponseHead(out, head, this), true);
    this.passage = isWebSocket ? new Goodbye() : null;
    return start === end ? taken : this.body(head.bytes, start, end);
  }

  /** The gateway goes away: the client of a WebSocket is told so at the next end of a frame. */
  sayGoodbye(): void {
    const { passage } = this;
    if (!(passage instanceof Goodbye)) return;
    passage.isLeaving = true;
    this.conclude(passage);
  }

  local(response: LocalResponse): void {
    this.hasSentHead = true;
    this.status = response.status;
    if (this.around.isDraining) this.keepAlive = false;
    const length = writeLocalHead(out, response, this.connectionWord, this.around.date.bytes);
    this.written(length, response.body, 0, this.toHead ? 0 : response.body.length);
  }

  /** Sends what was left; true when nothing is. */
  flush(): boolean {
    const isFlushed = this.outbox.flush(this.socket);
    if (isFlushed) this.uptake.caughtUp();
    else this.startClock();
    return isFlushed;
  }

  /** Sends what would leave at the end of this turn: the socket is to be closed. True when nothing is left. */
  settle(): boolean {
    this.outbox.settle();
    return this.outbox.isEmpty;
  }

  /** The socket is gone. */
  drop(): void {
    this.outbox.drop();
  }

  private write(bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    this.uptake.written += end - start;
    if (this.outbox.send(this.socket, bytes, start, end, isShared)) return true;
    this.startClock();
    return false;
  }

  private startClock(): void {
    this.uptake.isBehind();
    this.around.wheel.set(this.owner, this.uptake.interval);
  }

  /** The clock has run out. True: the client takes what it is sent, and has more time for it. */
  isWorthwhile(): boolean {
    const inKernel = this.around.sending.kernel.waiting(this.socket);
    const isWorthwhile = this.uptake.isWorthwhile(inKernel === null ? null : inKernel + this.outbox.size);
    if (isWorthwhile) this.around.wheel.set(this.owner, this.uptake.interval);
    return isWorthwhile;
  }
}
