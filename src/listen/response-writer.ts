// The sending half of a client connection: responses in the form that the client understands, and what the kernel did
// not take yet.
import type { Socket } from 'bun';
import { Outbox } from '../core/outbox.ts';
import type { Timed } from '../core/timer-wheel.ts';
import { SMALL_BODY, out } from '../http1/output.ts';
import {
  type ConnectionWord,
  isShiftable,
  shiftResponseHead,
  writeLocalResponse,
  writeResponseHead,
} from '../http1/write-response.ts';
import { BODY_CHUNKED, type Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { Goodbye, type Passage, Unframing } from './passages.ts';
import type { ListenSurroundings } from './surroundings.ts';

/** Writes to one socket. `owner` has its deadline set while the client does not take what is sent. */
export class ResponseWriter {
  /** Of the response to the current request. */
  hasSentHead = false;
  private readonly outbox = new Outbox();
  /** What a body goes through on its way out; null: nothing, as a rule. */
  private passage: Passage | null = null;

  constructor(
    private readonly socket: Pick<Socket, 'write'>,
    private readonly owner: Timed,
    private readonly around: Pick<ListenSurroundings, 'wheel' | 'timeouts'>,
  ) {}

  /** True when the kernel has taken everything. */
  get isEmpty(): boolean {
    return this.outbox.isEmpty;
  }

  /** A new request has come. */
  begin(): void {
    this.hasSentHead = false;
    this.passage = null;
  }

  interim(head: Head): void {
    this.write(out, 0, writeResponseHead(out, head, 'implied', false), true);
  }

  /** `word`: what the client is told of the connection; `isOld`: it speaks HTTP/1.0. */
  head(head: Head, bodyStart: number, bodyEnd: number, word: ConnectionWord, isOld: boolean): boolean {
    this.hasSentHead = true;
    if (word === 'implied' && isShiftable(head)) return this.write(head.bytes, shiftResponseHead(head), bodyEnd, false);
    const unframe = isOld && head.framing === BODY_CHUNKED;
    const length = writeResponseHead(out, head, word, unframe);
    if (unframe) this.passage = new Unframing();
    return this.written(length, head.bytes, bodyStart, bodyEnd);
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
  upgrade(head: Head, start: number, end: number, isWebSocket: boolean): boolean {
    this.hasSentHead = true;
    const taken = this.write(out, 0, writeResponseHead(out, head, 'upgrade', false), true);
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

  local(response: LocalResponse, word: ConnectionWord, toHead: boolean): void {
    this.hasSentHead = true;
    this.write(out, 0, writeLocalResponse(out, response, word, toHead), true);
  }

  /** Sends what was left; true when nothing is. */
  flush(): boolean {
    if (this.outbox.flush(this.socket)) return true;
    this.around.wheel.set(this.owner, this.around.timeouts.idle);
    return false;
  }

  /** The socket is gone. */
  drop(): void {
    this.outbox.drop();
  }

  private write(bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    if (this.outbox.send(this.socket, bytes, start, end, isShared)) return true;
    this.around.wheel.set(this.owner, this.around.timeouts.idle);
    return false;
  }
}
