// The sending half of a client connection: responses in the form that the client understands, and what the kernel did
// not take yet.
import type { Socket } from 'bun';
import { Outbox } from '../core/outbox.ts';
import type { Timed } from '../core/timer-wheel.ts';
import { ChunkScanner } from '../http1/chunked.ts';
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
import type { ListenSurroundings } from './surroundings.ts';

/** Writes to one socket. `owner` has its deadline set while the client does not take what is sent. */
export class ResponseWriter {
  /** Of the response to the current request. */
  hasSentHead = false;
  private outbox: Outbox | null = null;
  /** For HTTP/1.0 clients, who do not know chunks. */
  private unframer: ChunkScanner | null = null;

  constructor(
    private readonly socket: Pick<Socket, 'write'>,
    private readonly owner: Timed,
    private readonly around: Pick<ListenSurroundings, 'wheel' | 'timeouts'>,
  ) {}

  /** True when the kernel has taken everything. */
  get isEmpty(): boolean {
    return this.outbox === null || this.outbox.isEmpty;
  }

  /** A new request has come. */
  begin(): void {
    this.hasSentHead = false;
    this.unframer = null;
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
    if (unframe) {
      this.unframer = new ChunkScanner();
      this.unframer.begin('payload');
    }
    return this.written(length, head.bytes, bodyStart, bodyEnd);
  }

  private written(length: number, bytes: Uint8Array, bodyStart: number, bodyEnd: number): boolean {
    const size = bodyEnd - bodyStart;
    if (size > 0 && size <= SMALL_BODY && this.unframer === null) {
      out.set(bytes.subarray(bodyStart, bodyEnd), length);
      return this.write(out, 0, length + size, true);
    }
    const taken = this.write(out, 0, length, true);
    return size === 0 ? taken : this.body(bytes, bodyStart, bodyEnd);
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.unframer === null) return this.write(bytes, start, end, false);
    this.unframer.scan(bytes, start, end);
    return this.write(bytes, start, this.unframer.keptEnd, false);
  }

  local(response: LocalResponse, word: ConnectionWord, toHead: boolean): void {
    this.hasSentHead = true;
    this.write(out, 0, writeLocalResponse(out, response, word, toHead), true);
  }

  /** Sends what was left; true when nothing is. */
  flush(): boolean {
    if (this.outbox === null || this.outbox.flush(this.socket)) return true;
    this.around.wheel.set(this.owner, this.around.timeouts.idle);
    return false;
  }

  /** The socket is gone. */
  drop(): void {
    this.outbox = null;
  }

  private write(bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    const size = end - start;
    let taken = 0;
    if (this.outbox === null || this.outbox.isEmpty) {
      taken = this.socket.write(bytes, start, size);
      if (taken === size) return true;
      if (taken < 0) return false; // closed: the close event follows
    }
    this.outbox ??= new Outbox();
    this.outbox.keep(bytes, start + taken, end, isShared);
    this.around.wheel.set(this.owner, this.around.timeouts.idle);
    return false;
  }
}
