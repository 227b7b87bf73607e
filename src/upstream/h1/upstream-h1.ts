// One HTTP/1.1 connection to a backend.
import { dialFailure } from '../../core/connect-failure.ts';
import type { DialledSocket, SocketOwner } from '../../core/dial.ts';
import { type Failure, failure } from '../../core/failure.ts';
import { Inflow } from '../../core/inflow.ts';
import { giveBack } from '../../core/large-read.ts';
import { Shortage } from '../../core/shortage.ts';
import { Timed, type TimerWheel } from '../../core/timer-wheel.ts';
import { type Millis, millis } from '../../core/units.ts';
import { BodyReader } from '../../http1/body-reader.ts';
import { HeadParser } from '../../http1/head-parser.ts';
import { MAX_INTERIM } from '../../http1/interim.ts';
import { BAD_BODY, NEED_MORE } from '../../http1/problems.ts';
import { malformedResponse, responseRefusal } from '../../http1/refusals.ts';
import type { OutgoingRequest, Upstream, UpstreamEvents } from '../../message/contract.ts';
import { type Head, acquireHead, releaseHead } from '../../message/head.ts';
import { ConnectionMeter } from '../connection-meter.ts';
import { HeldPlace } from '../held-place.ts';
import type { TransportLimits, TransportTarget } from '../contract.ts';
import { idleTimeout, isEventStream, scanned } from './answer.ts';
import { type ConnectionHome, NOT_KEPT } from './contract.ts';
import { type Phase, closeFailure, timeoutFailure } from './phase.ts';
import { Discarded } from './discarded.ts';
import { RequestOutput } from './request-output.ts';

/** Lent to one exchange at a time. `events` is null while it is idle, opened ahead, or closed. */
export class UpstreamH1 extends Timed implements Upstream, SocketOwner {
  isReused = false;
  readonly version = '1.1';
  /** It is not kept when its exchange is over. */
  isLast = false;
  private phase: Phase = 'connecting';
  private socket: DialledSocket | null = null;
  private events: UpstreamEvents | null = null;
  private head: Head | null = null;
  private readonly target: TransportTarget;
  private readonly wheel: TimerWheel;
  private readonly parser: HeadParser;
  private readonly body = new BodyReader('response');
  private readonly output: RequestOutput;
  private readonly inflow: Inflow;
  private toHead = false;
  private asksUpgrade = false;
  private takesTrailers = false;
  private requestDone = false;
  /** When the exchange began to wait for the connection, or for the answer, in ticks. */
  private since = 0;
  private keepAlive = false;
  private interim = 0;
  private readonly place: HeldPlace;
  private idleTimeout = millis(0);
  private readonly meter: ConnectionMeter;

  constructor(
    private readonly home: ConnectionHome<UpstreamH1>,
    private limits: TransportLimits,
  ) {
    super();
    const { target, tools } = home;
    this.target = target;
    this.meter = new ConnectionMeter(target.traffic);
    this.wheel = tools.wheel;
    this.parser = new HeadParser(tools.headLimits);
    this.output = new RequestOutput(tools.sending);
    this.place = new HeldPlace(target);
    this.inflow = new Inflow(tools.turns);
    this.inflow.payer = home.target.payer;
  }

  /** Since when the exchange waits for the first byte of its answer, in ticks; 0: it does not. */
  get waitsSince(): number {
    if (this.events === null) return 0;
    return this.phase === 'connecting' || (this.phase === 'request' && this.requestDone) ? this.since : 0;
  }

  get isOpen(): boolean {
    return this.phase !== 'connecting' && this.phase !== 'closed';
  }

  /** The backend has closed it, which is told next. */
  get hasEnded(): boolean {
    return this.socket !== null && this.home.tools.peerHasEnded(this.socket);
  }

  /** The connection is being opened. `events` null: ahead, for no exchange yet. */
  begin(events: UpstreamEvents | null, limits: TransportLimits): void {
    this.events = events;
    this.limits = limits;
    if (events !== null) this.place.take();
    this.since = this.wheel.now;
    this.wheel.set(this, limits.connectTimeout);
  }

  lend(events: UpstreamEvents, limits: TransportLimits): void {
    this.events = events;
    this.limits = limits;
    this.place.take();
    this.isReused = true;
    this.meter.reused();
    this.phase = 'request';
    this.requestDone = false;
    this.interim = 0;
  }

  attached(socket: DialledSocket): void {
    this.inflow.attach(socket);
    // The exchange has given it up while it was connecting.
    if (this.phase === 'closed') socket.terminate();
    else this.socket = socket;
  }

  opened(socket: DialledSocket): void {
    this.attached(socket);
    if (this.phase === 'closed') return;
    this.meter.opened();
    if (this.events === null) return this.park();
    this.phase = 'request';
    this.events.connected();
  }

  failed(error: unknown, step: 'connect' | 'handshake'): void {
    if (error instanceof Shortage) this.home.tools.reportShortage(error);
    this.meter.lost();
    this.fail(dialFailure(error, step));
  }

  send(request: OutgoingRequest): boolean {
    const { head } = request;
    this.toHead = head.isHeadMethod;
    this.asksUpgrade = head.isUpgrade;
    this.takesTrailers = head.takesTrailers;
    this.wheel.set(this, this.limits.firstByteTimeout);
    return this.output.send(this.socket, request, this.target.origin);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return true;
    this.wheel.set(this, this.streamTimeout);
    return this.output.sendBody(this.socket, bytes, start, end);
  }

  sendTrailers(trailers: Head): void {
    this.output.sendTrailers(this.socket, trailers);
  }

  private get streamTimeout(): Millis {
    return this.phase === 'tunnel' ? this.limits.tunnelIdleTimeout : this.limits.streamIdleTimeout;
  }

  finish(): void {
    this.requestDone = true;
    this.since = this.wheel.now;
    this.output.finish(this.socket);
    if (this.phase === 'request') this.wheel.set(this, this.limits.firstByteTimeout);
    else if (this.phase === 'tunnel') this.output.end(this.socket);
  }

  drained(): void {
    if (this.output.drained(this.socket) && this.events !== null) this.events.upstreamDrained();
  }

  received(chunk: Uint8Array): void {
    const { events } = this;
    // Bytes without a request: they would be taken for the answer to the next one.
    if (events === null) return this.close();
    this.home.heardAt = this.wheel.now;
    this.meter.took(chunk.length);
    switch (this.phase) {
      case 'request':
        // The last word, such as a 408, of a backend that closes a kept connection.
        if (this.isUntouched) return this.fail(failure('stream-refused'));
        return this.readHead(events, chunk, 0);
      case 'head':
        return this.readHead(events, chunk, 0);
      case 'body':
        return this.readBody(events, chunk);
      case 'tunnel':
        this.expectMore(chunk.length);
        if (events.responseBody(chunk, 0, chunk.length)) giveBack(chunk);
        return;
      case 'connecting':
      case 'idle':
      case 'closed':
        return this.close();
    }
  }

  // Nothing of the request has left yet: it waits for the end of the turn, on a connection that was kept.
  private get isUntouched(): boolean {
    return this.phase === 'request' && this.isReused && !this.output.hasBegun;
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
    if (at < 0) this.refuse(head, at);
    else if (head.status === 101) this.beginTunnel(events, head, at);
    else if (head.status < 200) this.passInterim(events, head, at);
    else this.beginBody(events, head, at);
  }

  private refuse(head: Head, problem: number): void {
    this.fail(responseRefusal(problem, head, this.parser, this.home.tools.headLimits));
  }

  private passInterim(events: UpstreamEvents, head: Head, at: number): void {
    if (++this.interim > MAX_INTERIM)
      return this.fail(malformedResponse(`it has more than ${MAX_INTERIM} interim responses`));
    const { bytes } = head;
    const available = this.parser.available(head);
    events.interimHead(head);
    if (this.events !== events) return;
    this.dropHead();
    if (at < available) this.readHead(events, bytes.subarray(0, available), at);
  }

  // RFC 9110 7.8: a backend may change the protocol only where the request has asked for it.
  private beginTunnel(events: UpstreamEvents, head: Head, at: number): void {
    if (!this.asksUpgrade || !head.isUpgrade)
      return this.fail(malformedResponse('it changes the protocol, and the request has not asked for that'));
    this.phase = 'tunnel';
    this.place.becomeTunnel();
    this.wheel.set(this, this.streamTimeout);
    events.upgraded(head, at, this.parser.available(head));
    if (this.events === events) this.dropHead();
  }

  private beginBody(events: UpstreamEvents, head: Head, at: number): void {
    const { body } = this;
    const available = this.parser.available(head);
    // Before the exchange has the answer, so that it may ask another backend. An error is looked at first by its status,
    // which may be worth a retry by itself.
    if (head.status < 400 && body.beginsBroken(head, at, available)) return this.refuse(head, BAD_BODY);
    // A backend that declines an upgrade may have taken the body of the request for the first bytes of the new protocol.
    this.keepAlive = head.keepAlive && !this.asksUpgrade;
    this.idleTimeout = idleTimeout(head, this.limits);
    this.phase = 'body';
    this.since = this.wheel.now;
    const form = events.responseHead(head);
    const receiver = this.events; // another one, if the response is discarded
    if (receiver === null) return;
    body.begin(head, scanned(form, this.takesTrailers));
    const stop = body.read(head.bytes, at, available);
    if (stop < 0) return this.refuse(head, BAD_BODY);
    if (!body.isDone) {
      this.expectMore(available);
      if (isEventStream(head)) this.place.becomeStream();
    }
    const { bytes } = head;
    const isTaken = receiver.responseStart(head, at, body.keptEnd);
    if (this.events === null) return;
    this.dropHead();
    if (body.isDone) this.end(receiver, stop < available);
    if (isTaken) giveBack(bytes);
  }

  private readBody(events: UpstreamEvents, arrived: Uint8Array): void {
    const { body } = this;
    const chunk = body.next(arrived);
    const stop = body.read(chunk, 0, chunk.length);
    if (stop < 0) return this.fail(failure('response-cut'));
    if (!body.isDone) {
      this.expectMore(arrived.length);
      if (this.wheel.now >= this.since + this.limits.streamAfter / this.wheel.tick) this.place.becomeStream();
    }
    const isTaken = body.keptEnd === 0 || events.responseBody(chunk, 0, body.keptEnd);
    if (body.isDone && this.events === events) this.end(events, stop < chunk.length);
    if (isTaken) giveBack(chunk);
  }

  private end(events: UpstreamEvents, hasExcess: boolean): void {
    const trailers = this.body.takeTrailers();
    if (trailers !== null) {
      events.responseTrailers(trailers);
      releaseHead(trailers);
    }
    if (this.events === events) this.complete(hasExcess);
  }

  /** The exchange has left the backend. */
  private leave(): void {
    this.meter.tell(this.output.sent);
    this.place.leave();
  }

  private expectMore(read: number): void {
    if (!this.inflow.isHeld) this.wheel.set(this, this.streamTimeout);
    this.inflow.took(read);
  }

  // The connection is idle again before the exchange hears of the end, so that the client's next request, which may
  // have come already, can use it.
  private complete(hasExcess: boolean): void {
    const { events } = this;
    this.events = null;
    this.resumeResponse();
    this.rest(this.phase === 'body' && this.keepAlive && this.requestDone && !hasExcess && this.output.isSettled);
    this.leave();
    if (events !== null) events.responseEnd();
  }

  // It was opened ahead, and is idle until its first exchange.
  private park(): void {
    this.home.forget(this);
    this.idleTimeout = this.limits.idleTimeout;
    this.rest(true);
  }

  private rest(isClean: boolean): void {
    const longest = isClean ? this.home.keep(this, this.limits) : NOT_KEPT;
    if (longest > NOT_KEPT) {
      this.phase = 'idle';
      this.wheel.set(this, longest < this.idleTimeout ? longest : this.idleTimeout);
    } else this.close();
  }

  // The backend's clock stops while a slow client makes it wait; the client has a deadline of its own.
  pauseResponse(): void {
    if (this.inflow.hold()) this.wheel.clear(this);
  }

  resumeResponse(): void {
    if (this.inflow.release() && this.events !== null) this.wheel.set(this, this.streamTimeout);
  }

  cancel(): void {
    if (this.events !== null) this.release();
  }

  discard(): void {
    this.events = new Discarded(this);
  }

  /** There is reason to doubt the backend: an exchange that still waits for its answer is told. */
  doubt(): void {
    if (this.phase === 'connecting' || this.phase === 'request') this.events?.doubted();
  }

  broken(error: Error): void {
    this.fail(failure('internal'));
    this.home.tools.reportBug(error);
  }

  /** The socket is gone; `clean`: by a FIN. */
  closed(clean: boolean): void {
    this.socket = null;
    this.meter.lost();
    if (this.events === null) return this.close();
    const mayEnd = this.phase === 'tunnel' || (this.phase === 'body' && this.body.isUntilClose);
    if (mayEnd && clean) this.complete(true);
    else this.fail(this.isUntouched ? failure('stream-refused') : closeFailure(this.phase));
  }

  override expired(): void {
    this.meter.lost();
    if (this.events === null) this.close();
    else this.fail(timeoutFailure(this.phase, this.requestDone));
  }

  /** Ends the exchange that uses it, for this reason. An idle connection stays. */
  fail(why: Failure): void {
    const { events } = this;
    if (events === null) {
      if (this.phase === 'connecting') this.close();
      return;
    }
    this.release();
    events.failed(why);
  }

  /** Takes the connection from its exchange and closes it. */
  private release(): void {
    this.events = null;
    this.close();
    this.leave();
  }

  close(): void {
    if (this.phase === 'idle' || this.phase === 'connecting') this.home.forget(this);
    this.phase = 'closed';
    this.meter.givenUp();
    this.home.closed(this);
    this.wheel.remove(this);
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
