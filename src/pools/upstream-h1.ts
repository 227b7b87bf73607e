// One HTTP/1.1 connection to a backend.
import type { Socket } from 'bun';
import { type Failure, failure } from '../core/failure.ts';
import { Outbox } from '../core/outbox.ts';
import { Timed } from '../core/timer-wheel.ts';
import { BodyReader } from '../http1/body-reader.ts';
import { HeadParser } from '../http1/head-parser.ts';
import { SMALL_BODY, out } from '../http1/output.ts';
import { NEED_MORE } from '../http1/problems.ts';
import { writeRequestHead } from '../http1/write-request.ts';
import type { ClientFacts, UpstreamEvents } from '../message/contract.ts';
import { type Head, acquireHead, releaseHead } from '../message/head.ts';
import type { Backend, KeptConnection } from './backend.ts';
import { connectFailure } from './connect-failure.ts';
import type { Connections } from './connections.ts';
import type { PoolOptions } from './pool.ts';

export type UpstreamSocket = Socket<UpstreamH1>;

// RFC 9110 15.2: a client must cope with any number of interim responses; nobody needs more than a few.
const MAX_INTERIM = 16;

/** Lent to one exchange at a time: `events` is that exchange, or null while idle or closed. */
export class UpstreamH1 extends Timed implements KeptConnection {
  isOpen = false;
  isReused = false;
  private socket: UpstreamSocket | null = null;
  private events: UpstreamEvents | null = null;
  private head: Head | null = null;
  private readonly parser: HeadParser;
  private readonly body = new BodyReader();
  private outbox: Outbox | null = null;
  private isPaused = false;
  private toHead = false;
  private requestDone = false;
  private sawByte = false;
  private inBody = false;
  private keepAlive = false;
  private interim = 0;

  constructor(
    private readonly backend: Backend,
    private readonly options: PoolOptions,
    private readonly home: Connections,
  ) {
    super();
    this.parser = new HeadParser(home.headLimits);
  }

  /** A new connection is on its way. */
  begin(events: UpstreamEvents): void {
    this.events = events;
    this.home.wheel.set(this, this.options.connectTimeout);
  }

  lend(events: UpstreamEvents): void {
    this.events = events;
    this.isReused = true;
    this.sawByte = false;
    this.requestDone = false;
    this.inBody = false;
    this.interim = 0;
  }

  /** The socket exists, but may not be used yet. */
  attach(socket: UpstreamSocket): void {
    if (this.events === null) socket.terminate();
    else this.socket = socket;
  }

  opened(socket: UpstreamSocket): void {
    if (this.events === null) {
      socket.terminate(); // given up while it was connecting
      return;
    }
    this.socket = socket;
    this.isOpen = true;
    this.events.connected();
  }

  send(head: Head, strip: number, client: ClientFacts, bodyStart: number, bodyEnd: number): boolean {
    this.toHead = head.isHeadMethod;
    this.home.wheel.set(this, this.options.firstByteTimeout);
    let length = writeRequestHead(out, head, strip, client, this.backend.origin);
    const size = bodyEnd - bodyStart;
    if (size > SMALL_BODY) {
      this.write(out, 0, length, true);
      return this.write(head.bytes, bodyStart, bodyEnd, false);
    }
    if (size > 0) {
      out.set(head.bytes.subarray(bodyStart, bodyEnd), length);
      length += size;
    }
    return this.write(out, 0, length, true);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return true;
    this.home.wheel.set(this, this.options.streamIdleTimeout);
    return this.write(bytes, start, end, false);
  }

  finish(): void {
    this.requestDone = true;
    if (!this.inBody) this.home.wheel.set(this, this.options.firstByteTimeout);
  }

  private write(bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    const size = end - start;
    let taken = 0;
    if (this.socket !== null && (this.outbox === null || this.outbox.isEmpty)) {
      taken = this.socket.write(bytes, start, size);
      if (taken === size) return true;
      if (taken < 0) return false; // closed: the close event follows
    }
    this.outbox ??= new Outbox();
    this.outbox.keep(bytes, start + taken, end, isShared);
    return false;
  }

  drained(): void {
    const { outbox, socket } = this;
    if (socket === null || outbox === null || outbox.isEmpty) return; // drain also comes uncalled for
    if (outbox.flush(socket) && this.events !== null) this.events.upstreamDrained();
  }

  received(chunk: Uint8Array): void {
    if (this.events === null) {
      this.close(); // bytes that nobody asked for: an answer to come would be taken for another's
      return;
    }
    if (this.inBody) this.readBody(this.events, chunk);
    else this.readHead(this.events, chunk, 0);
  }

  private readHead(events: UpstreamEvents, chunk: Uint8Array, from: number): void {
    this.sawByte = true;
    if (this.head === null) {
      this.head = acquireHead();
      this.parser.begin();
    }
    const head = this.head;
    const at = this.parser.feedResponse(head, chunk, from, this.toHead);
    if (at === NEED_MORE) return;
    if (at < 0 || head.status === 101) this.fail(failure('response-malformed'));
    else if (head.status < 200) this.passInterim(events, head, at);
    else this.beginBody(events, head, at);
  }

  private passInterim(events: UpstreamEvents, head: Head, at: number): void {
    if (++this.interim > MAX_INTERIM) return this.fail(failure('response-malformed'));
    const { bytes } = head;
    const available = this.parser.available(head);
    events.interimHead(head);
    if (this.events !== events) return;
    this.dropHead();
    if (at < available) this.readHead(events, bytes.subarray(0, available), at);
  }

  private beginBody(events: UpstreamEvents, head: Head, at: number): void {
    const { body } = this;
    const available = this.parser.available(head);
    this.keepAlive = head.keepAlive;
    this.inBody = true;
    body.begin(head, 'chunks');
    const stop = body.read(head.bytes, at, available);
    if (stop < 0) return this.fail(failure('response-malformed'));
    if (body.isDone) this.home.wheel.clear(this);
    else this.home.wheel.set(this, this.options.streamIdleTimeout);
    events.responseHead(head, at, body.keptEnd);
    if (this.events !== events) return;
    this.dropHead();
    if (body.isDone) this.complete(stop < available);
  }

  private readBody(events: UpstreamEvents, chunk: Uint8Array): void {
    const { body } = this;
    const stop = body.read(chunk, 0, chunk.length);
    if (stop < 0) return this.fail(failure('response-cut'));
    if (!this.isPaused) this.home.wheel.set(this, this.options.streamIdleTimeout);
    if (body.keptEnd > 0) events.responseBody(chunk, 0, body.keptEnd);
    if (body.isDone && this.events === events) this.complete(stop < chunk.length);
  }

  // Back among the idle before the exchange hears of the end, so that a pipelined request finds it there.
  private complete(hasExcess: boolean): void {
    const { events } = this;
    this.events = null;
    this.resumeResponse();
    const isClean = this.keepAlive && this.requestDone && !hasExcess && (this.outbox === null || this.outbox.isEmpty);
    if (isClean && this.hasRoom()) this.keep();
    else this.close();
    this.backend.owner.release(this.backend);
    if (events !== null) events.responseEnd();
  }

  private hasRoom(): boolean {
    const { idleBudget } = this.home;
    return this.isOpen && this.backend.idle.length < this.options.maxIdle && idleBudget.count < idleBudget.limit;
  }

  private keep(): void {
    this.home.wheel.set(this, this.options.idleTimeout);
    this.home.idleBudget.count++;
    this.backend.idle.push(this);
  }

  /** The exchange has no claim on this connection from here on. */
  private leave(): void {
    this.events = null;
    this.backend.owner.release(this.backend);
  }

  // A client that reads slowly has a deadline of its own; the backend is not to blame meanwhile.
  pauseResponse(): void {
    if (this.isPaused || this.socket === null) return;
    this.isPaused = true;
    this.home.wheel.clear(this);
    this.socket.pause();
  }

  resumeResponse(): void {
    if (!this.isPaused || this.socket === null) return;
    this.isPaused = false;
    if (this.events !== null) this.home.wheel.set(this, this.options.streamIdleTimeout);
    this.socket.resume();
  }

  cancel(): void {
    if (this.events === null) return;
    this.leave();
    this.close();
  }

  discard(): void {
    this.close();
  }

  connectFailed(error: unknown): void {
    if (!this.isOpen) this.fail(connectFailure(error));
  }

  handshakeFailed(error: Error | null): void {
    this.fail(failure('tls-failed', error === null ? undefined : `TLS with the backend failed: ${error.message}`));
  }

  broken(error: Error): void {
    this.fail(failure('internal'));
    this.home.reportBug(error);
  }

  /** The socket is gone; `clean`: by a FIN. */
  closed(clean: boolean): void {
    const wasOpen = this.isOpen;
    this.isOpen = false;
    this.socket = null;
    if (this.events === null) this.close();
    else if (clean && this.inBody && this.body.isUntilClose) this.complete(false);
    else if (!wasOpen) this.fail(failure('connect-failed'));
    else if (this.inBody) this.fail(failure('response-cut'));
    else this.fail(failure(this.sawByte ? 'response-malformed' : 'reset'));
  }

  override expired(): void {
    if (this.events === null) this.close();
    else if (!this.isOpen) this.fail(failure('connect-timeout'));
    else if (this.inBody) this.fail(failure('response-idle'));
    else this.fail(failure(this.requestDone ? 'first-byte-timeout' : 'request-stalled'));
  }

  private fail(why: Failure): void {
    const { events } = this;
    if (events === null) return;
    this.leave();
    this.close();
    events.failed(why);
  }

  private close(): void {
    const at = this.backend.idle.indexOf(this);
    if (at >= 0) {
      this.backend.idle.splice(at, 1);
      this.home.idleBudget.count--;
    }
    this.home.wheel.remove(this);
    this.dropHead();
    const { socket } = this;
    this.socket = null; // before terminate: the close event comes inside that call
    this.isOpen = false;
    if (socket !== null) socket.terminate();
  }

  private dropHead(): void {
    if (this.head === null) return;
    releaseHead(this.head);
    this.head = null;
  }
}
