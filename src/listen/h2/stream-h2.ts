// One stream of an HTTP/2 connection: the client's side of one exchange.
import type { Failure } from '../../core/failure.ts';
import type { Exchange } from '../../forward/exchange.ts';
import { isWebSocket } from '../../http1/upgrade.ts';
import { CANCEL, INTERNAL_ERROR } from '../../http2/frames.ts';
import type { BodyForm, ClientFacts, ConnectionCount, Downstream } from '../../message/contract.ts';
import type { Edits } from '../../message/edits.ts';
import { BODY_CHUNKED, BODY_NONE, type Head, copyHead, releaseHead } from '../../message/head.ts';
import type { LocalResponse } from '../../message/local-response.ts';
import { describeAsker, failureResponse } from '../../respond/failure-response.ts';
import type { ConnectionTools } from '../contract.ts';
import type { DataSender } from './data-sender.ts';
import type { Heads } from './heads.ts';
import { type Priority, USUAL, priorityOf } from './priority.ts';
import type { BlockManner } from './response-block.ts';
import { type InputConnection, StreamInput, type StreamInputOwner } from './stream-input.ts';
import { StreamOutput, type StreamOutputOwner } from './stream-output.ts';
import { StreamTunnel } from './stream-tunnel.ts';

const FIRST_SUCCESS = 200;
const FIRST_REDIRECT = 300;
// A client that asks for a WebSocket would take any 2xx for one (RFC 8441 5), also that of a backend which knows none and
// answers as if it had been asked for a page.
const NOT_OPENED = 502;

/** The connection, as its streams see it. */
export interface StreamConnection extends InputConnection {
  readonly tools: ConnectionTools;
  /** The other end of the socket. */
  readonly facts: ClientFacts;
  readonly heads: Heads;
  readonly sender: DataSender;
  readonly arrivalCost: number;
  /** Numbers the request, and says whose it is. */
  identify(head: Head): ClientFacts;
  belongsTo(tenant: ConnectionCount): boolean;
  /** The answer is complete, and the request is not: what comes of it is not wanted. */
  answeredEarly(id: number): void;
  /** The stream is over on both sides, and belongs to the connection again. */
  completed(stream: StreamH2): void;
  /** The stream is reset with that code, and is over. */
  broken(stream: StreamH2, code: number): void;
}

/** Used again: `attach` begins its next life. */
export class StreamH2 implements Downstream, StreamInputOwner, StreamOutputOwner, BlockManner {
  readonly gives = 'payload';
  readonly takes = 'payload';
  id = 0;
  /** Where the connection has it in its list. */
  index = -1;
  client: ClientFacts;
  responseStatus = 0;
  readonly input = new StreamInput(this);
  readonly output = new StreamOutput(this);
  /** How the head is to be written that is being written now. */
  edits: Edits<'response'> | null = null;
  identified: Head | null = null;
  /** The request, for as long as its exchange lasts. */
  private request: Head | null = null;
  /** The request that no exchange owns. */
  private unowned: Head | null = null;
  private exchange: Exchange | null = null;
  /** Its response is complete, and the client has not taken all of it. */
  private leaving: Exchange | null = null;
  private tunnel: StreamTunnel | null = null;
  private trailers: Head | null = null;
  private headBytes = 0;
  private isFinished = false;
  /** The client has been told the end of the response. */
  private hasEnded = false;

  constructor(
    private connection: StreamConnection,
    nobody: ClientFacts,
  ) {
    this.client = nobody;
  }

  attach(connection: StreamConnection, id: number): void {
    this.connection = connection;
    this.id = id;
    this.output.begin(id, connection.sender, connection.tools);
  }

  /** Its request has come; false: its end and its length contradict each other. */
  begin(head: Head, isEnded: boolean): boolean {
    const { connection, input } = this;
    const { tools } = connection;
    this.unowned = head;
    this.request = head;
    this.client = connection.identify(head);
    if (!input.begin(this.id, head, isEnded, connection, tools)) return false;
    const exchange = tools.exchanges.acquire();
    this.exchange = exchange;
    this.unowned = null;
    exchange.open(this, head);
    head.passesTrailers = head.framing === BODY_CHUNKED && exchange.passesTrailers;
    exchange.start(head.end, head.end, input.isComplete);
    return true;
  }

  /** What has come is no request that can be served. */
  refuse(head: Head, isEnded: boolean, why: Failure): void {
    const { tools } = this.connection;
    this.unowned = head;
    this.request = head;
    this.client = this.connection.facts;
    tools.ids.number(head);
    this.input.refuse(isEnded);
    this.exchange = tools.exchanges.acquire();
    this.exchange.refuse(this, why);
  }

  /** What the connection would cut with it. */
  get carries(): 'exchange' | 'tunnel' {
    return this.tunnel === null ? 'exchange' : 'tunnel';
  }

  /** Who pays for reading its body, and which trailers it may have. */
  get receiver(): Pick<Exchange, 'payer' | 'passesTrailers' | 'guardedTrailers'> | null {
    return this.exchange;
  }

  // ---- what its request brings

  get isCrowded(): boolean {
    return this.connection.tools.isCrowded() || this.exchange?.isCrowded === true;
  }

  inputBytes(bytes: Uint8Array, start: number, end: number): void {
    const { exchange, tunnel } = this;
    if (exchange === null) return;
    if (tunnel === null) exchange.requestBody(bytes, start, end);
    else tunnel.fromClient(bytes, start, end, exchange);
  }

  inputTrailers(trailers: Head): void {
    this.exchange?.requestTrailers(trailers);
  }

  inputEnded(): void {
    this.exchange?.requestEnd();
  }

  inputFailed(why: Failure): void {
    this.exchange?.requestFailed(why);
  }

  inputStalled(): void {
    this.connection.broken(this, CANCEL);
  }

  get requestPayload(): number {
    return this.input.payload;
  }

  pauseRequest(): void {
    this.input.pause();
  }

  resumeRequest(): void {
    this.input.resume();
  }

  demandBodyRate(rate: number): void {
    this.input.demand(rate);
  }

  // ---- its connection

  get arrivalCost(): number {
    return this.connection.arrivalCost;
  }

  belongsTo(tenant: ConnectionCount): boolean {
    return this.connection.belongsTo(tenant);
  }

  /** Its connection carries other requests, and costs a handshake to be made anew: it goes on. */
  sayLast(): void {}

  // ---- the response

  get dateLine(): Uint8Array {
    return this.connection.tools.date.bytes;
  }

  get idPrefix(): Uint8Array {
    return this.connection.tools.ids.prefix;
  }

  get responseBytes(): number {
    return this.headBytes + this.output.sent - this.output.size;
  }

  sendInterim(head: Head): void {
    this.headBytes += this.connection.heads.interim(this.id, head);
  }

  sendHead(head: Head, edits: Edits<'response'> | null, form: BodyForm, bodyStart: number, bodyEnd: number): boolean {
    // How long the body would be that a GET brings is known only where nothing is done to it.
    const hasLength = form === 'framed' || (head.framing === BODY_NONE && !this.toHead);
    this.sendFinalHead(head, edits, hasLength);
    return bodyStart === bodyEnd || this.output.send(head.bytes, bodyStart, bodyEnd);
  }

  private sendFinalHead(head: Head, edits: Edits<'response'> | null, hasLength: boolean): void {
    this.beginAnswer(head.status, edits);
    this.headBytes += this.connection.heads.response(this.id, head, this, hasLength);
  }

  private beginAnswer(status: number, edits: Edits<'response'> | null): void {
    const isOpening = status >= FIRST_SUCCESS && status < FIRST_REDIRECT && this.request?.isUpgrade === true;
    this.responseStatus = isOpening ? NOT_OPENED : status;
    this.edits = edits;
    this.identified = this.connection.tools.tellsIds ? this.request : null;
  }

  private get toHead(): boolean {
    return this.request !== null && this.request.isHeadMethod;
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    const { tunnel, output } = this;
    return tunnel === null ? output.send(bytes, start, end) : tunnel.toClient(bytes, start, end, output);
  }

  sendTrailers(trailers: Head): void {
    if (this.output.hasUnsent) this.trailers = copyHead(trailers);
    else this.endWith(trailers);
  }

  private endWith(trailers: Head): void {
    this.hasEnded = true;
    this.headBytes += this.connection.heads.trailers(this.id, trailers);
  }

  sendUpgrade(head: Head, edits: Edits<'response'> | null, start: number, end: number): boolean {
    const { exchange, input, output, connection } = this;
    const tunnel = new StreamTunnel(exchange !== null && isWebSocket(exchange.head));
    this.tunnel = tunnel;
    this.sendFinalHead(head, edits, false);
    const isTaken = start === end || tunnel.toClient(head.bytes, start, end, output);
    input.becomeTunnel();
    if (connection.tools.isEnding) this.endTunnel();
    return isTaken;
  }

  endTunnel(): void {
    if (this.exchange !== null) this.tunnel?.leave(this.exchange, this.output);
  }

  finish(): void {
    this.isFinished = true;
    if (!this.output.hasUnsent) return this.end();
    this.leaving = this.exchange;
    this.exchange = null;
  }

  respond(response: LocalResponse, edits: Edits<'response'> | null): void {
    const { body, status } = response;
    this.beginAnswer(status, edits);
    this.headBytes += this.connection.heads.local(this.id, response, this);
    if (!this.toHead && body.length > 0) this.output.send(body, 0, body.length);
    this.finish();
  }

  answerFor(why: Failure): LocalResponse {
    const { tools } = this.connection;
    const seesReasons = why.reason !== null && tools.seesReasons(this.request, this.client);
    return failureResponse(why, describeAsker(this.request, tools.ids, seesReasons));
  }

  abort(why: Failure, edits: Edits<'response'> | null): void {
    const isDropped = why.code === 'dropped';
    if (this.responseStatus === 0 && !isDropped) return this.respond(this.answerFor(why), edits);
    this.connection.output.reset(this.id, isDropped ? CANCEL : INTERNAL_ERROR);
    this.complete();
  }

  outputDrained(): void {
    if (this.isFinished) this.end();
    else this.exchange?.downstreamDrained();
  }

  outputStalled(): void {
    this.connection.broken(this, CANCEL);
  }

  get askedPriority(): Priority {
    return this.request === null ? USUAL : priorityOf(this.request);
  }

  private end(): void {
    const { connection, trailers, id } = this;
    if (trailers !== null) this.endWith(trailers);
    if (!this.hasEnded) connection.output.endStream(id);
    if (!this.input.isEnded) connection.answeredEarly(id);
    this.complete();
  }

  private complete(): void {
    const over = this.exchange ?? this.leaving;
    this.exchange = null;
    this.leaving = null;
    if (over !== null) over.left();
    this.connection.completed(this);
  }

  /** Its client has gone, or has reset it. */
  gone(): void {
    const over = this.exchange ?? this.leaving;
    this.exchange = null;
    this.leaving = null;
    if (over !== null) over.downstreamGone();
  }

  /** It is over: forgets everything. */
  clear(): void {
    this.input.drop();
    this.output.drop();
    if (this.unowned !== null) releaseHead(this.unowned);
    this.unowned = null;
    this.request = null;
    this.identified = null;
    this.edits = null;
    this.tunnel = null;
    this.trailers = null;
    this.responseStatus = 0;
    this.headBytes = 0;
    this.isFinished = false;
    this.hasEnded = false;
  }
}
