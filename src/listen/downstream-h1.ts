// One client connection over HTTP/1.1: heads in, exchanges one at a time, responses out in order.
import { type Failure, failure } from '../core/failure.ts';
import { millis } from '../core/units.ts';
import type { Exchange } from '../forward/exchange.ts';
import { Http1Client } from '../http1/http1-client.ts';
import { NEED_MORE } from '../http1/problems.ts';
import { bodyRefusal, requestRefusal } from '../http1/refusals.ts';
import { isWebSocket } from '../http1/upgrade.ts';
import type { ClientFacts, Downstream } from '../message/contract.ts';
import type { Edits } from '../message/edits.ts';
import { BODY_CHUNKED, type Head, acquireHead, releaseHead } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { describeAsker, failureResponse } from '../respond/failure-response.ts';
import { H1Answers, LOOK } from './h1-answers.ts';
import { identify } from './identify.ts';
import { Intake, TOO_SLOW } from './intake.ts';
import type { AcceptedConnection, ClientSocket, ConnectedPeer, ConnectionTools, Kept } from './contract.ts';
import type { RequestReading } from './request-reading.ts';
import { TunnelUp } from './tunnel-up.ts';

/** idle: between requests; head: a part of a request's head has come; body: receiving a body; waiting: the request is
 * complete, the response is not; dropping: the response is complete, the rest of the body is read and dropped; tunnel: the
 * protocol has changed; closing: the last bytes are leaving; lingering: FIN is sent, and what still comes is read and
 * dropped until the client closes. */
type State = 'idle' | 'head' | 'body' | 'waiting' | 'dropping' | 'tunnel' | 'closing' | 'lingering' | 'closed';

// Requests of one client that are answered before others have their turn.
const MAX_TURNS = 64;

/** The HTTP/1.1 side of one accepted socket. */
export class DownstreamH1 extends H1Answers implements Downstream, AcceptedConnection, Kept {
  /** The client of the current request: the peer itself, or the one that a trusted peer names. */
  client: ClientFacts;
  /** The other end of the socket. */
  readonly facts: Http1Client;
  readonly isTrusted: boolean;
  private state: State = 'idle';
  /** The head that is coming; once it is complete it belongs to its exchange. */
  private head: Head | null = null;
  private exchange: Exchange | null = null;
  private tunnel: TunnelUp | null = null;
  /** The exchange whose response is complete, and whose last bytes the client has not taken yet. */
  private leaving: Exchange | null = null;
  /** `tools.readings.none` between requests. */
  private reading: RequestReading;
  private readonly intake: Intake;
  private isPumping = false;
  /** The client has sent FIN and still gets its responses. */
  private isHalfClosed = false;

  constructor(socket: ClientSocket, peer: ConnectedPeer, tools: ConnectionTools) {
    super(socket, tools, !peer.facts.isTls);
    // The lines that every request of this connection gets are made here, once.
    this.facts = new Http1Client(peer.facts, tools.marks);
    this.isTrusted = peer.isTrusted;
    this.client = this.facts;
    this.reading = tools.readings.none;
    this.intake = new Intake(tools.turns, socket);
    tools.wheel.set(this, tools.timeouts.header);
  }

  received(chunk: Uint8Array): void {
    switch (this.state) {
      case 'idle':
        // Stop reading from a client that does not read its answers: each further request could cost a full read
        // buffer.
        return this.writer.isEmpty && this.intake.isEmpty ? this.readHead(chunk) : this.hold(chunk);
      case 'head':
        return this.readHead(chunk);
      case 'body':
        return this.readBody(chunk);
      case 'waiting':
        return this.hold(chunk);
      case 'dropping':
        return this.dropBody(chunk);
      case 'tunnel':
        this.intake.took(chunk.length);
        if (this.exchange !== null) this.tunnel?.send(chunk, this.exchange);
        return;
      case 'closing':
      case 'lingering':
      case 'closed':
        return;
    }
  }

  get countedFor(): string {
    return this.facts.address;
  }

  get carries(): AcceptedConnection['carries'] {
    if (this.state === 'tunnel') return 'tunnel';
    return this.exchange === null ? 'nothing' : 'exchange';
  }

  private readHead(chunk: Uint8Array): void {
    if (this.head === null) {
      this.head = acquireHead();
      this.reading = this.tools.readings.begin(this.reading);
    }
    const { parser } = this.reading;
    const at = parser.feedRequest(this.head, chunk, 0);
    if (at > 0) return this.begin(this.head, at);
    if (at !== NEED_MORE) return this.refuseWith(requestRefusal(at, this.head, parser));
    if (this.state !== 'idle') return;
    this.state = 'head';
    this.tools.wheel.set(this, this.tools.timeouts.header);
  }

  private begin(head: Head, bodyStart: number): void {
    const { tools } = this;
    const { body, parser } = this.reading;
    const available = parser.available(head);
    const exchange = tools.exchanges.acquire();
    this.requests++;
    this.head = null;
    this.exchange = exchange;
    this.client = identify(this, head, tools);
    this.writer.begin(head, head.keepAlive && !tools.isDraining && this.requests < tools.keepAliveRequests);
    exchange.open(this, head);
    head.passesTrailers = head.framing === BODY_CHUNKED && exchange.passesTrailers;
    body.begin(head, head.passesTrailers ? 'chunks_and_trailers' : 'chunks', exchange.guardedTrailers);
    const stop = body.read(head.bytes, bodyStart, available);
    if (stop < 0) return this.failBody(exchange, bodyRefusal());
    if (body.isDone && stop < available) this.intake.keep(head.bytes.subarray(stop, available));
    this.state = body.isDone ? 'waiting' : 'body';
    if (body.isDone) this.restClock();
    else this.expectMore(available, exchange);
    exchange.start(bodyStart, body.keptEnd, body.isDone);
  }

  // Nothing is expected of the client now.
  private restClock(): void {
    if (this.intake.isHeld && (this.state === 'waiting' || this.state === 'body')) this.tools.wheel.set(this, LOOK);
    else this.tools.wheel.clear(this);
  }

  private expectMore(read: number, { payer }: Exchange): void {
    // At once if it is too slow: the wheel ends many such bodies in parts, not in one turn.
    this.tools.wheel.set(this, this.isTooSlow ? millis(0) : this.reading.body.silenceAllowed(this.tools.timeouts.idle));
    this.intake.payer = payer;
    this.intake.took(read);
  }

  // A slow body harms nobody as long as there is room: log shippers send a few bytes now and then for hours.
  private get isTooSlow(): boolean {
    const { tools, exchange } = this;
    const { body } = this.reading;
    return body.isBelowDemand || (body.isSlow && (tools.isCrowded() || exchange?.isCrowded === true));
  }

  demandBodyRate(rate: number): void {
    this.reading.body.demand(rate);
    if (this.state === 'body' && !this.intake.isHeld)
      this.tools.wheel.set(this, this.reading.body.silenceAllowed(this.tools.timeouts.idle));
  }

  get requestPayload(): number {
    return this.reading.body.payloadSeen;
  }

  private readBody(arrived: Uint8Array): void {
    const { exchange } = this;
    const { body } = this.reading;
    const chunk = body.next(arrived);
    const stop = body.read(chunk, 0, chunk.length);
    if (body.isDone) {
      this.state = 'waiting';
      if (stop < chunk.length) this.intake.keep(chunk.subarray(stop));
    }
    if (exchange === null) return;
    if (stop < 0) return this.failBody(exchange, bodyRefusal());
    if (body.isDone) this.restClock();
    else this.expectMore(arrived.length, exchange);
    if (body.keptEnd > 0) exchange.requestBody(chunk, 0, body.keptEnd);
    if (body.isDone && this.exchange === exchange) exchange.requestEnd();
  }

  private failBody(exchange: Exchange, why: Failure): void {
    this.writer.keepAlive = false;
    exchange.requestFailed(why);
  }

  private hold(chunk: Uint8Array): void {
    this.intake.keep(chunk);
    this.pauseRequest();
  }

  sendUpgrade(head: Head, edits: Edits<'response'> | null, start: number, end: number): boolean {
    this.state = 'tunnel';
    this.writer.keepAlive = false;
    this.tools.wheel.clear(this); // the connection to the backend has the tunnel's one deadline
    const { exchange } = this;
    const isSocket = exchange !== null && isWebSocket(exchange.head);
    this.tunnel = new TunnelUp(isSocket);
    const taken = this.writer.upgrade(head, edits, start, end, isSocket);
    const early = this.intake.take();
    this.resumeRequest();
    if (early !== null && exchange !== null) this.tunnel.send(early, exchange);
    if (this.tools.isEnding) this.sayGoodbye();
    return taken;
  }

  endTunnel(): void {
    if (this.state === 'tunnel') this.sayGoodbye();
  }

  // Both ends of a WebSocket are told that the gateway goes away, each at the next end of a frame.
  private sayGoodbye(): void {
    this.writer.sayGoodbye();
    if (this.exchange !== null) this.tunnel?.leave(this.exchange);
  }

  finish(): void {
    this.writer.finish();
    this.release();
    const hasAskedLast = this.isHalfClosed && this.intake.isEmpty;
    if (!this.writer.keepAlive || !this.reading.body.isDroppable(this.tools.droppedBody) || hasAskedLast)
      return this.closeGracefully();
    if (this.reading.body.isDone) this.rest();
    else this.beginDropping();
  }

  private rest(): void {
    this.state = 'idle';
    if (this.leaving === null) this.reading = this.tools.readings.end(this.reading);
    if (this.writer.isEmpty) this.tools.wheel.set(this, this.untilNext);
    if (!this.intake.isEmpty || this.intake.isHeld) this.pump();
  }

  // Nobody needs the rest of this body any more. What comes behind it is the next request.
  private beginDropping(): void {
    this.state = 'dropping';
    this.resumeRequest();
    if (this.writer.isEmpty) this.tools.wheel.set(this, this.tools.timeouts.linger);
    const waiting = this.intake.take();
    if (waiting !== null) this.dropBody(waiting);
  }

  private dropBody(chunk: Uint8Array): void {
    const stop = this.reading.body.read(chunk, 0, chunk.length);
    this.intake.took(chunk.length);
    if (!this.reading.body.isDone) return;
    if (stop < chunk.length) this.intake.keep(chunk.subarray(stop));
    this.rest();
  }

  respond(response: LocalResponse, edits: Edits<'response'> | null): void {
    if (!this.reading.body.isDroppable(this.tools.droppedBody)) this.writer.keepAlive = false;
    this.writer.local(response, edits);
    this.finish();
  }

  // The exchange hears of its end before the next request is read, so that its head is free again and records keep the
  // order of requests.
  private release(): void {
    const { exchange } = this;
    this.exchange = null;
    this.dropHead();
    if (exchange === null) return;
    if (this.writer.isEmpty) exchange.left();
    else this.leaving = exchange;
  }

  answerFor(why: Failure): LocalResponse {
    const head = this.exchange?.request ?? this.head;
    const seesReasons = why.reason !== null && this.tools.seesReasons(head, this.client);
    return failureResponse(why, describeAsker(head, this.tools.ids, seesReasons));
  }

  abort(why: Failure, edits: Edits<'response'> | null): void {
    if (!this.writer.hasSentHead && why.code !== 'dropped') return this.respond(this.answerFor(why), edits);
    const { exchange } = this;
    this.exchange = null;
    exchange?.left();
    this.cut();
  }

  // The part of the head that was understood says in what form the client wants the answer (its version, HEAD).
  private refuseWith(why: Failure): void {
    this.writer.begin(this.head, false);
    if (this.head !== null) this.tools.ids.number(this.head);
    this.exchange = this.tools.exchanges.acquire();
    this.exchange.refuse(this, why);
  }

  // A loop, not recursion: a client may pipeline a thousand requests that are all answered at once. It stops after
  // MAX_TURNS requests, so that other clients have their turn: one read can hold 8,000 of them.
  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    for (let turns = 0; !this.intake.isEmpty && this.state === 'idle' && this.writer.isEmpty; turns++) {
      if (turns === MAX_TURNS) {
        setImmediate(() => this.pump());
        break;
      }
      const chunk = this.intake.take();
      if (chunk !== null) this.readHead(chunk);
    }
    this.isPumping = false;
    if (this.isHalfClosed && (this.state === 'head' || this.state === 'body')) return this.cut(); // the rest will not come
    if (this.intake.isEmpty) this.resumeRequest();
  }

  drained(): void {
    if (this.writer.isEmpty || !this.writer.flush()) return; // drain also comes uncalled for
    this.restClock();
    const { leaving } = this;
    this.leaving = null;
    if (leaving !== null) leaving.left();
    if (this.state === 'idle') this.reading = this.tools.readings.end(this.reading);
    if (this.exchange !== null) this.exchange.downstreamDrained();
    else if (this.state === 'closing') this.closeGracefully();
    else {
      this.tools.wheel.set(this, this.state === 'dropping' ? this.tools.timeouts.linger : this.untilNext);
      this.pump();
    }
  }

  pauseRequest(): void {
    if (!this.intake.hold() || (this.state !== 'body' && this.state !== 'waiting')) return;
    if (this.state === 'body') this.reading.body.pauseClock(); // the gateway keeps the client waiting
    if (this.writer.isEmpty) this.restClock(); // otherwise the clock of the response runs
  }

  resumeRequest(): void {
    if (!this.intake.release()) return;
    if (this.state === 'waiting' && this.writer.isEmpty) this.restClock();
    if (this.state !== 'body') return;
    this.reading.body.resumeClock();
    this.tools.wheel.set(this, this.reading.body.silenceAllowed(this.tools.timeouts.idle));
  }

  /** The listener stops: an idle connection closes now, a busy one after its response. */
  drain(keepsTunnels: boolean): void {
    if (this.state === 'tunnel' && !keepsTunnels) this.sayGoodbye();
    const isIdle = this.state === 'idle' && this.intake.isEmpty;
    if (isIdle && keepsTunnels && this.requests === 0) return; // it has until `timeouts.header`
    if (isIdle && this.hasUnread) this.tools.wheel.set(this, LOOK);
    else if (isIdle || this.state === 'dropping') this.closeGracefully();
  }

  // close(2) with unread bytes sends a reset that may destroy the response on its way: FIN first, then read to the end.
  private closeGracefully(): void {
    this.intake.take();
    if (!this.writer.settle()) {
      this.state = 'closing';
      return;
    }
    this.state = 'lingering';
    this.tools.wheel.set(this, this.tools.timeouts.linger);
    this.resumeRequest();
    this.socket.shutdown();
  }

  /** The client has sent FIN. A client that waits for a response has gone: hardly any other closes its sending half before
   * it has read everything, and for one that has gone nothing is begun or kept. */
  ended(): void {
    if (this.state === 'tunnel') this.exchange?.requestEnd();
    else if (this.tools.allowsHalfClose) this.closeHalf();
    else this.cut();
  }

  // What has come whole is answered.
  private closeHalf(): void {
    this.isHalfClosed = true;
    const { state } = this;
    if (state === 'idle' && this.intake.isEmpty) this.closeGracefully();
    else if (state === 'head' || state === 'body' || state === 'dropping' || state === 'lingering') this.cut();
  }

  closed(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.tools.wheel.remove(this);
    const { exchange, leaving } = this;
    this.exchange = null;
    this.leaving = null;
    this.intake.close();
    this.uncount();
    if (leaving !== null) leaving.downstreamGone();
    if (exchange !== null) exchange.downstreamGone();
    this.writer.drop();
    this.dropHead();
  }

  override expired(): void {
    if (this.state === 'idle' && this.intake.isQuiet && this.mayLieDown) return this.tools.lieDown(this.socket, this);
    const { exchange, intake } = this;
    if (intake.isHeld && this.state !== 'tunnel') {
      if (this.hasLeftUnseen) return this.cut();
      if (exchange !== null && this.writer.isEmpty) return this.tools.wheel.set(this, LOOK);
    } else if (exchange !== null && this.isTooSlow) return this.failBody(exchange, TOO_SLOW);
    if (!this.writer.isEmpty && this.writer.isWorthwhile()) return;
    if (this.state === 'dropping') return this.closeGracefully();
    // Deadlines come before what has arrived.
    if (this.state === 'idle' && !intake.isHeld && this.hasUnread) return this.tools.wheel.set(this, LOOK);
    if (this.state !== 'head') return this.cut();
    this.refuseWith(failure('request-timeout'));
  }

  /** Ends the connection at once: with a reset where a response or a tunnel is not whole, so that the client does not take it
   * for complete. */
  cut(): void {
    if (this.writer.settle() && !this.isMidResponse) this.socket.end();
    else this.socket.terminate();
  }

  private get isMidResponse(): boolean {
    if (this.state === 'tunnel') return !this.writer.hasSaidGoodbye;
    return (this.state === 'body' || this.state === 'waiting') && this.writer.hasSentHead;
  }

  private dropHead(): void {
    if (this.head !== null) releaseHead(this.head);
    this.head = null;
  }
}
