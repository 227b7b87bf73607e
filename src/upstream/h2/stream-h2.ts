// One request and its response over a connection that carries many.
import { type Failure, failure } from '../../core/failure.ts';
import { Timed, type TimerWheel } from '../../core/timer-wheel.ts';
import type { Millis } from '../../core/units.ts';
import { MAX_INTERIM } from '../../http1/interim.ts';
import { malformedResponse, responseRefusal } from '../../http1/refusals.ts';
import { CANCEL, PROTOCOL_ERROR } from '../../http2/frames.ts';
import type { OutgoingRequest, Upstream, UpstreamEvents } from '../../message/contract.ts';
import { type Head, acquireHead, releaseHead } from '../../message/head.ts';
import type { TransportLimits, TransportTarget } from '../contract.ts';
import { HeldPlace } from '../held-place.ts';
import { isEventStream } from '../h1/answer.ts';
import { Discarded } from '../h1/discarded.ts';
import { timeoutFailure } from '../h1/phase.ts';
import type { CarriedStream, Phase, StreamWay } from './contract.ts';
import { RequestBody } from './request-body.ts';
import { type BodyOwner, ResponseBody } from './response-body.ts';
import { acceptOf } from './tunnel.ts';
import { cutFailure, resetFailure } from './resets.ts';

const SWITCHING = 101;

/** Takes streams that are over, and that nobody holds any more, to use them again. */
export interface StreamPool {
  give(stream: StreamH2): void;
}

/** Lent to one exchange at a time. */
export class StreamH2 extends Timed implements Upstream, CarriedStream, BodyOwner {
  id = 0;
  isReused = false;
  readonly version = '2';
  readonly request: RequestBody;
  /** Null: the exchange is over. */
  events: UpstreamEvents | null = null;
  private readonly body = new ResponseBody(this);
  private phase: Phase = 'waiting';
  toHead = false;
  accept: Uint8Array | null = null;
  private takesTrailers = false;
  /** When it began to wait, or the answer began, in ticks. */
  private since = 0;
  private interim = 0;
  private readonly place: HeldPlace;
  private readonly wheel: TimerWheel;

  constructor(
    private connection: StreamWay,
    target: TransportTarget,
    public limits: TransportLimits,
    /** Has it again when it is over. */
    private readonly pool: StreamPool,
  ) {
    super();
    this.wheel = connection.wheel;
    this.request = new RequestBody(connection);
    this.place = new HeldPlace(target);
  }

  /** Its next exchange begins. */
  begin(connection: StreamWay, events: UpstreamEvents, limits: TransportLimits): void {
    this.moveTo(connection);
    this.events = events;
    this.limits = limits;
    this.id = 0;
    this.isReused = false;
    this.phase = 'waiting';
    this.accept = null;
    this.since = this.wheel.now;
    this.interim = 0;
    this.body.reset();
    this.place.take();
    this.request.reset();
  }

  recycle(): void {
    this.pool.give(this);
  }

  get isOpen(): boolean {
    return this.phase !== 'waiting' && this.phase !== 'closed';
  }

  get waitsSince(): number {
    return this.phase === 'waiting' || (this.phase === 'request' && this.isSent) ? this.since : 0;
  }

  get hasAnswered(): boolean {
    return this.phase === 'body' || this.phase === 'tunnel';
  }

  // Of a WebSocket, nothing follows before the answer.
  private get isSent(): boolean {
    return this.request.isDone || this.accept !== null;
  }

  wait(): void {
    if (this.deadlineTick === 0) this.wheel.set(this, this.limits.connectTimeout);
  }

  moveTo(connection: StreamWay): void {
    this.connection = connection;
    this.request.way = connection;
  }

  open(isReused: boolean): void {
    this.isReused = isReused;
    this.phase = 'request';
  }

  openLate(): void {
    this.open(false);
    if (this.events !== null) this.events.connected();
  }

  send(request: OutgoingRequest): boolean {
    const { head, bodyStart, bodyEnd } = request;
    this.toHead = head.isHeadMethod;
    this.takesTrailers = head.takesTrailers;
    this.accept = head.isUpgrade && this.connection.allowsTunnels ? acceptOf(head) : null;
    this.wheel.set(this, this.limits.firstByteTimeout);
    this.connection.sendHead(this, request);
    if (bodyStart === bodyEnd) return this.request.isSettled;
    return this.request.take(head.bytes, bodyStart, bodyEnd);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return true;
    this.wheel.set(this, this.streamIdleTimeout);
    return this.request.take(bytes, start, end);
  }

  sendTrailers(trailers: Head): void {
    this.request.setTrailers(trailers);
  }

  finish(): void {
    if (this.phase === 'request' && this.accept !== null) return this.requestSent();
    this.request.end();
    if (this.request.isDone) this.requestSent();
  }

  private requestSent(): void {
    this.since = this.wheel.now;
    if (this.phase === 'request') this.wheel.set(this, this.limits.firstByteTimeout);
  }

  pump(): void {
    const { request, events } = this;
    if (events === null || !request.isResting) return;
    const wasDone = request.isDone;
    request.pump();
    if (!request.isSettled) return;
    if (request.isDone && !wasDone) this.requestSent();
    else if (!request.isDone) events.upstreamDrained();
  }

  block(text: Uint8Array, ended: boolean): void {
    const { events } = this;
    if (events === null || this.body.hasEnded) return;
    if (this.phase === 'request') return this.readHead(events, text, ended);
    if (!ended) return this.refuse(malformedResponse('a second head has come in the middle of its body'));
    if (text.length > 0 && this.phase === 'body') this.body.keepTrailers(text);
    this.ended(events);
  }

  private readHead(events: UpstreamEvents, text: Uint8Array, ended: boolean): void {
    const { parser, headLimits } = this.connection;
    const head = acquireHead();
    parser.begin();
    const at = parser.feedResponse(head, text, 0, this.toHead);
    if (at < 0 || at !== text.length) this.refuse(responseRefusal(at, head, parser, headLimits));
    else if (head.status === SWITCHING) this.beginTunnel(events, head, ended);
    else if (head.status < 200) this.passInterim(events, head, ended);
    else this.beginBody(events, head, ended);
    releaseHead(head);
  }

  private passInterim(events: UpstreamEvents, head: Head, ended: boolean): void {
    if (ended || ++this.interim > MAX_INTERIM)
      return this.refuse(malformedResponse('it has too many interim responses, or ends with one'));
    events.interimHead(head);
  }

  private beginTunnel(events: UpstreamEvents, head: Head, ended: boolean): void {
    this.phase = 'tunnel';
    this.body.goOn();
    this.place.becomeTunnel();
    this.wheel.set(this, this.streamIdleTimeout);
    events.upgraded(head, head.end, head.end);
    if (ended && this.events === events) this.ended(events);
  }

  private beginBody(events: UpstreamEvents, head: Head, ended: boolean): void {
    this.phase = 'body';
    this.since = this.wheel.now;
    if (this.accept !== null) this.request.end(); // the backend declines the WebSocket
    this.body.hasEnded = ended;
    const form = events.responseHead(head);
    const receiver = this.events; // another one, if the response is discarded
    if (receiver === null) return;
    this.body.begin(head, form);
    if (!ended) {
      this.expectMore();
      if (isEventStream(head)) this.place.becomeStream();
    }
    receiver.responseStart(head, head.end, head.end);
    if (ended && this.events === receiver) this.end(receiver);
  }

  data(bytes: Uint8Array, start: number, end: number, size: number): boolean {
    const { events, body } = this;
    const isAllowed = body.fits(size);
    if (events === null || body.hasEnded) return true;
    if (!isAllowed || !this.hasAnswered) {
      this.refuse(malformedResponse('more of its body has come than it was allowed to send'));
      return true;
    }
    if (this.phase === 'body' && this.wheel.now >= this.since + this.limits.streamAfter / this.wheel.tick)
      this.place.becomeStream();
    if (start === end) return true;
    this.expectMore();
    return body.take(events, bytes, start, end);
  }

  credit(size: number): void {
    this.connection.output.credit(this.id, size);
  }

  /** The backend has sent all. */
  dataEnded(): void {
    if (this.events !== null && !this.body.hasEnded) this.ended(this.events);
  }

  private ended(events: UpstreamEvents): void {
    if (!this.hasAnswered) return this.refuse(malformedResponse('its stream has ended before its head'));
    this.body.hasEnded = true;
    if (!this.body.isHeld) this.end(events);
  }

  private end(events: UpstreamEvents): void {
    if (this.body.isCut) return this.fail(failure('response-cut'));
    this.body.passEnd(events, this.takesTrailers);
    if (this.events === events) this.complete(events);
  }

  // The stream is over before the exchange hears of it, so that the client's next request finds room.
  private complete(events: UpstreamEvents): void {
    this.events = null;
    if (this.phase === 'tunnel') this.request.end();
    // The backend does not want the rest of the request (RFC 9113 8.1).
    if (!this.request.isDone) this.connection.output.reset(this.id, CANCEL);
    this.close();
    this.place.leave();
    events.responseEnd();
  }

  private expectMore(): void {
    if (!this.body.isPaused) this.wheel.set(this, this.streamIdleTimeout);
  }

  private get streamIdleTimeout(): Millis {
    return this.phase === 'tunnel' ? this.limits.tunnelIdleTimeout : this.limits.streamIdleTimeout;
  }

  // The backend's clock stops while a slow client makes it wait; the client has a deadline of its own.
  pauseResponse(): void {
    if (this.body.isPaused) return;
    this.body.isPaused = true;
    if (this.hasAnswered) this.wheel.clear(this);
  }

  resumeResponse(): void {
    const { body } = this;
    if (!body.isPaused) return;
    body.isPaused = false;
    if (this.events === null || !this.hasAnswered) return;
    this.expectMore();
    // Later: the exchange may be about to do more before it wants the next bytes.
    if (!body.isHeld) body.giveCredit();
    else this.connection.deliverLater(this);
  }

  deliverHeld(): void {
    const { events, body } = this;
    if (events === null) return;
    body.passHeld(events);
    if (!body.isHeld && body.hasEnded && this.events === events) this.end(events);
  }

  cancel(): void {
    if (this.events === null) return;
    this.stop(CANCEL);
  }

  discard(): void {
    this.events = new Discarded(this);
  }

  doubt(): void {
    if (this.phase === 'waiting' || this.phase === 'request') this.events?.doubted();
  }

  wasReset(code: number): void {
    if (this.body.hasEnded && this.body.isHeld) return; // all has come
    this.lost(cutFailure(this.phase) ?? resetFailure(code));
  }

  connectionLost(why: Failure): void {
    this.lost(cutFailure(this.phase) ?? why);
  }

  /** The stream is over at the backend's side. */
  lost(why: Failure): void {
    const { events } = this;
    if (events === null) return;
    this.events = null;
    this.close();
    this.place.leave();
    events.failed(why);
  }

  override expired(): void {
    if (this.events === null) return;
    if (this.phase !== 'waiting') this.fail(timeoutFailure(this.phase, this.isSent));
    else this.fail(this.connection.isOpen ? failure('queue-timeout') : failure('connect-timeout'));
  }

  refuse(why: Failure): void {
    const { events } = this;
    if (events === null) return;
    this.stop(PROTOCOL_ERROR);
    events.failed(why);
  }

  fail(why: Failure): void {
    const { events } = this;
    if (events === null) return;
    this.stop(CANCEL);
    events.failed(why);
  }

  private stop(code: number): void {
    this.events = null;
    if (this.id !== 0) this.connection.output.reset(this.id, code);
    this.close();
    this.place.leave();
  }

  private close(): void {
    this.phase = 'closed';
    this.body.drop();
    this.request.drop();
    this.wheel.remove(this);
    this.connection.left(this);
  }
}
