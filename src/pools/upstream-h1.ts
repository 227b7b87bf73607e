// One HTTP/1.1 connection to a backend.
import type { Socket } from 'bun';
import { type Failure, failure } from '../core/failure.ts';
import { Inflow } from '../core/inflow.ts';
import { Outbox } from '../core/outbox.ts';
import { Timed } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import { BodyReader } from '../http1/body-reader.ts';
import { HeadParser } from '../http1/head-parser.ts';
import { NEED_MORE } from '../http1/problems.ts';
import type { OutgoingRequest, UpstreamEvents } from '../message/contract.ts';
import { type Head, acquireHead, releaseHead } from '../message/head.ts';
import type { Backend, KeptConnection } from './backend.ts';
import type { ConnectionHome } from './connection-home.ts';
import { type Phase, closeFailure, timeoutFailure } from './phase.ts';
import { idleTimeout } from './idle-timeout.ts';
import { Discarded } from './nobody.ts';
import type { PoolOptions } from './pool-options.ts';
import { sendRequest } from './send-request.ts';

type UpstreamSocket = Pick<Socket, 'write' | 'pause' | 'resume' | 'shutdown' | 'terminate'>;

// RFC 9110 15.2: a client must cope with any number of interim responses; nobody needs more than a few.
const MAX_INTERIM = 16;

/** Lent to one exchange at a time. `events` is null while it is idle or closed. */
export class UpstreamH1 extends Timed implements KeptConnection {
  isReused = false;
  private phase: Phase = 'connecting';
  private socket: UpstreamSocket | null = null;
  private events: UpstreamEvents | null = null;
  private head: Head | null = null;
  private readonly parser: HeadParser;
  private readonly body = new BodyReader('response');
  private readonly outbox: Outbox;
  private readonly inflow: Inflow;
  private toHead = false;
  private asksUpgrade = false;
  private takesTrailers = false;
  private requestDone = false;
  private keepAlive = false;
  private interim = 0;
  private idleTimeout = millis(0);

  constructor(
    private readonly backend: Backend,
    private options: PoolOptions,
    private readonly home: ConnectionHome,
  ) {
    super();
    this.parser = new HeadParser(home.around.headLimits);
    this.outbox = new Outbox(home.around.sending, null);
    this.inflow = new Inflow(home.around.turns);
  }

  get isOpen(): boolean {
    return this.phase !== 'connecting' && this.phase !== 'closed';
  }

  /** A new connection is on its way. */
  begin(events: UpstreamEvents): void {
    this.events = events;
    this.home.wheel.set(this, this.options.connectTimeout);
  }

  lend(events: UpstreamEvents, options: PoolOptions): void {
    this.events = events;
    this.options = options;
    this.isReused = true;
    this.phase = 'request';
    this.requestDone = false;
    this.interim = 0;
  }

  /** The socket exists, but may not be used yet; or it was given up while it was connecting. */
  attach(socket: UpstreamSocket): void {
    this.inflow.attach(socket);
    if (this.events === null) socket.terminate();
    else this.socket = socket;
  }

  opened(socket: UpstreamSocket): void {
    this.attach(socket);
    if (this.events === null) return;
    this.phase = 'request';
    this.events.connected();
  }

  send(request: OutgoingRequest): boolean {
    const { head } = request;
    this.toHead = head.isHeadMethod;
    this.asksUpgrade = head.isUpgrade;
    this.takesTrailers = head.takesTrailers;
    this.home.wheel.set(this, this.options.firstByteTimeout);
    return sendRequest(this.outbox, this.socket, request, this.backend.origin);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return true;
    this.home.wheel.set(this, this.streamTimeout);
    return this.outbox.send(this.socket, bytes, start, end, false);
  }

  private get streamTimeout(): Millis {
    return this.phase === 'tunnel' ? this.options.tunnelIdleTimeout : this.options.streamIdleTimeout;
  }

  finish(): void {
    this.requestDone = true;
    if (this.phase === 'request') this.home.wheel.set(this, this.options.firstByteTimeout);
    else if (this.phase === 'tunnel') this.outbox.finish(this.socket);
  }

  drained(): void {
    if (this.socket === null || this.outbox.isEmpty) return; // drain also comes uncalled for
    if (this.outbox.flush(this.socket) && this.events !== null) this.events.upstreamDrained();
  }

  received(chunk: Uint8Array): void {
    const { events } = this;
    // Bytes that nobody asked for: an answer to come would be taken for another's.
    if (events === null) return this.close();
    switch (this.phase) {
      case 'request':
      case 'head':
        return this.readHead(events, chunk, 0);
      case 'body':
        return this.readBody(events, chunk);
      case 'tunnel':
        this.expectMore(chunk.length);
        return events.responseBody(chunk, 0, chunk.length);
      case 'connecting':
      case 'idle':
      case 'closed':
        return this.close();
    }
  }

  private readHead(events: UpstreamEvents, chunk: Uint8Array, from: number): void {
    this.phase = 'head';
    if (this.head === null) {
      this.head = acquireHead();
      this.parser.begin();
    }
    const { head } = this;
    const at = this.parser.feedResponse(head, chunk, from, this.toHead);
    if (at === NEED_MORE) return;
    if (at < 0) this.fail(failure('response-malformed'));
    else if (head.status === 101) this.beginTunnel(events, head, at);
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

  // RFC 9110 7.8: only what was asked for.
  private beginTunnel(events: UpstreamEvents, head: Head, at: number): void {
    if (!this.asksUpgrade || !head.isUpgrade) return this.fail(failure('response-malformed'));
    this.phase = 'tunnel';
    this.backend.tunnels++;
    this.home.wheel.set(this, this.streamTimeout);
    events.upgraded(head, at, this.parser.available(head));
    if (this.events === events) this.dropHead();
  }

  private beginBody(events: UpstreamEvents, head: Head, at: number): void {
    const { body } = this;
    const available = this.parser.available(head);
    this.keepAlive = head.keepAlive;
    this.idleTimeout = idleTimeout(head, this.options);
    this.phase = 'body';
    body.begin(head, this.takesTrailers ? 'chunks_and_trailers' : 'chunks');
    const stop = body.read(head.bytes, at, available);
    if (stop < 0) return this.fail(failure('response-malformed'));
    if (!body.isDone) this.expectMore(available);
    events.responseHead(head, at, body.keptEnd);
    if (this.events === null) return;
    this.dropHead();
    if (body.isDone) this.complete(stop < available);
  }

  private readBody(events: UpstreamEvents, arrived: Uint8Array): void {
    const { body } = this;
    const chunk = body.next(arrived);
    const stop = body.read(chunk, 0, chunk.length);
    if (stop < 0) return this.fail(failure('response-cut'));
    if (!body.isDone) this.expectMore(arrived.length);
    if (body.keptEnd > 0) events.responseBody(chunk, 0, body.keptEnd);
    if (body.isDone && this.events === events) this.complete(stop < chunk.length);
  }

  private expectMore(read: number): void {
    if (!this.inflow.isHeld) this.home.wheel.set(this, this.streamTimeout);
    this.inflow.took(read);
  }

  // Back among the idle before the exchange hears of the end, so that a pipelined request finds it there.
  private complete(hasExcess: boolean): void {
    const { events } = this;
    this.events = null;
    this.resumeResponse();
    this.rest(this.phase === 'body' && this.keepAlive && this.requestDone && !hasExcess && this.outbox.isSettled);
    if (events !== null) events.responseEnd();
  }

  /** It was opened ahead of its first exchange, and waits for it. */
  park(): void {
    this.events = null;
    this.idleTimeout = this.options.idleTimeout;
    this.rest(true);
  }

  private rest(isClean: boolean): void {
    if (isClean && this.home.keep(this.backend, this, this.options.maxIdle)) {
      this.phase = 'idle';
      this.home.wheel.set(this, this.idleTimeout);
    } else this.close();
    this.backend.owner.release(this.backend);
  }

  // A client that reads slowly has a deadline of its own; the backend is not to blame meanwhile.
  pauseResponse(): void {
    if (this.inflow.hold()) this.home.wheel.clear(this);
  }

  resumeResponse(): void {
    if (this.inflow.release() && this.events !== null) this.home.wheel.set(this, this.streamTimeout);
  }

  cancel(): void {
    if (this.events !== null) this.release();
  }

  discard(): void {
    this.events = new Discarded(this);
  }

  doubt(): void {
    if (this.phase === 'connecting' || this.phase === 'request') this.events?.doubted();
  }

  broken(error: Error): void {
    this.fail(failure('internal'));
    this.home.around.reportBug(error);
  }

  /** The socket is gone; `clean`: by a FIN. */
  closed(clean: boolean): void {
    this.socket = null;
    if (this.events === null) return this.close();
    const isEnd = this.phase === 'tunnel' || (clean && this.phase === 'body' && this.body.isUntilClose);
    if (isEnd) this.complete(true);
    else this.fail(closeFailure(this.phase));
  }

  override expired(): void {
    if (this.events === null) this.close();
    else if (this.phase === 'tunnel') this.complete(true);
    else this.fail(timeoutFailure(this.phase, this.requestDone));
  }

  fail(why: Failure): void {
    const { events } = this;
    if (events === null) return;
    this.release();
    events.failed(why);
  }

  /** The exchange has no claim on this connection from here on, and nobody else will have one. */
  private release(): void {
    this.events = null;
    this.close();
    this.backend.owner.release(this.backend);
  }

  close(): void {
    if (this.phase === 'idle') this.home.forget(this.backend, this);
    if (this.phase === 'tunnel') this.backend.tunnels--;
    this.phase = 'closed';
    this.backend.connections.delete(this);
    this.home.wheel.remove(this);
    this.dropHead();
    const { socket } = this;
    this.inflow.detach();
    this.socket = null; // before terminate: the close event comes inside that call
    if (socket !== null) socket.terminate();
  }

  private dropHead(): void {
    if (this.head !== null) releaseHead(this.head);
    this.head = null;
  }
}
