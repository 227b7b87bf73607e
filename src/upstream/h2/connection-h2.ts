// One connection to a backend that carries many streams: its socket, its settings, and who is on it.
import { dialFailure } from '../../core/connect-failure.ts';
import type { DialledSocket, SocketOwner } from '../../core/dial.ts';
import { type Failure, failure, failureBecause } from '../../core/failure.ts';
import { Inflow } from '../../core/inflow.ts';
import { giveBack } from '../../core/large-read.ts';
import { Shortage } from '../../core/shortage.ts';
import { Timed, type TimerWheel } from '../../core/timer-wheel.ts';
import { type HeadLimits, HeadParser } from '../../http1/head-parser.ts';
import { out } from '../../http1/output.ts';
import { malformedResponse } from '../../http1/refusals.ts';
import { writeRequestHead } from '../../http1/write-request.ts';
import { FrameReader, NO_ERROR } from '../../http2/frames.ts';
import { encodeRequest, encodeTunnel } from '../../http2/request-block.ts';
import type { OutgoingRequest } from '../../message/contract.ts';
import { ConnectionMeter } from '../connection-meter.ts';
import type { TransportLimits, TransportTarget, TransportTools } from '../contract.ts';
import { FrameOutput } from './frame-output.ts';
import { FrameInput, type FrameOwner } from './frame-input.ts';
import { Pings } from './pings.ts';
import { unprocessed } from './resets.ts';
import type { CarriedStream, StreamWay } from './contract.ts';
import { FIRST_WINDOW } from './windows.ts';

/** The owner of all connections to one backend. */
export interface ConnectionHome {
  readonly target: TransportTarget;
  readonly tools: TransportTools;
  /** When the latest byte came from the backend, in ticks. */
  heardAt: number;
  /** The most streams that the backend allows on a connection, as it said last. */
  mostStreams: number;
  /** Is told that the backend does not take HTTP/2; null: it must. */
  readonly refused: (() => void) | null;
  /** A connection has become unfit for new requests, before it was closed. */
  spoiled(): void;
  /** There is room on another connection, or for one. */
  hasElsewhere(limits: TransportLimits): boolean;
  /** The stream has not been sent, and needs another connection. */
  rehouse(stream: CarriedStream): void;
  /** No stream is left. True: the connection is kept for later ones. */
  keep(connection: ConnectionH2, limit: number): boolean;
  /** It is kept no more: a stream begins, or it is closed. */
  unkeep(connection: ConnectionH2): void;
  closed(connection: ConnectionH2): void;
}

type State = 'connecting' | 'greeting' | 'open' | 'closed';

const LAST_ID = 0x7fffffff;

// A connection that brings nothing is not to collect them.
const MOST_OVER = 256;

export class ConnectionH2 extends Timed implements SocketOwner, StreamWay, FrameOwner {
  window = FIRST_WINDOW;
  hasResting = false;
  allowsTunnels = false;
  /** New streams go elsewhere, and it is closed when the last one has ended. */
  isLast = false;
  readonly wheel: TimerWheel;
  readonly output: FrameOutput;
  readonly parser: HeadParser;
  readonly streams = new Map<number, CarriedStream>();
  /** Of a stream's window before its first update, as the backend has set it. */
  streamWindow = FIRST_WINDOW;
  private state: State = 'connecting';
  private socket: DialledSocket | null = null;
  private readonly reader = new FrameReader();
  private readonly input: FrameInput;
  private readonly inflow: Inflow;
  /** Streams that have been let on, those that have not been sent yet included. */
  private count = 0;
  private waiting: CarriedStream[] = [];
  nextId = 1;
  private hasServed = false;
  /** A stream has begun. */
  private hasCarried = false;
  /** The most streams that the backend allows. */
  private most: number;
  /** It has refused one while it had so many. */
  private refusedAt = Number.POSITIVE_INFINITY;
  private readonly pings: Pings;
  private readonly due: CarriedStream[] = [];
  /** Streams that are over. Somebody may be in the middle of a call to one until the chunk at hand has been read. */
  private readonly over: CarriedStream[] = [];
  /** Parts of the chunk at hand are kept by somebody. */
  private isKept = false;
  private turn = 0;
  private readonly meter: ConnectionMeter;

  constructor(
    private readonly home: ConnectionHome,
    private readonly limits: TransportLimits,
    /** How many connections had been lost when it was opened. */
    readonly age: number,
  ) {
    super();
    const { tools, target } = home;
    this.wheel = tools.wheel;
    this.pings = new Pings(tools.wheel);
    this.meter = new ConnectionMeter(target.traffic);
    this.output = new FrameOutput(tools.sending);
    this.parser = new HeadParser(tools.headLimits);
    this.inflow = new Inflow(tools.turns);
    this.inflow.payer = target.payer;
    this.input = new FrameInput(this);
    this.most = home.mostStreams;
    this.reader.isFirst = true;
    this.wheel.set(this, limits.connectTimeout);
  }

  get headLimits(): HeadLimits {
    return this.home.tools.headLimits;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  get isIdle(): boolean {
    return this.state === 'open' && this.count === 0 && this.waiting.length === 0;
  }

  /** How many more streams may begin; before the backend has said how many it allows, as many as it allowed last. */
  get room(): number {
    if (this.state === 'closed' || this.isLast) return 0;
    return Math.min(this.most, this.refusedAt) - this.count - this.waiting.length;
  }

  /** The backend has closed it, which is told next. */
  get hasEnded(): boolean {
    return this.socket !== null && this.home.tools.peerHasEnded(this.socket);
  }

  /** Since when the oldest of its requests waits for its answer, in ticks; 0: none does. */
  get waitingSince(): number {
    let oldest = 0;
    for (const { waitsSince } of this.all()) {
      if (waitsSince !== 0 && (oldest === 0 || waitsSince < oldest)) oldest = waitsSince;
    }
    return oldest;
  }

  all(): CarriedStream[] {
    return [...this.streams.values(), ...this.waiting];
  }

  /** A stream goes over this connection: at once, or when there is room. */
  take(stream: CarriedStream, isLate: boolean): void {
    if (this.isIdle) this.home.unkeep(this);
    if (this.state === 'open' && this.count < this.most && !this.isLast) {
      this.begin();
      if (isLate) stream.openLate();
      else stream.open(this.hasServed);
    } else {
      this.waiting.push(stream);
      stream.wait();
    }
  }

  private begin(): void {
    this.count++;
    if (this.hasCarried) this.meter.reused();
    this.hasCarried = true;
    this.pings.requestBegins();
    if (this.count === 1) this.wheel.set(this, this.limits.pingAfter);
  }

  sendHead(stream: CarriedStream, request: OutgoingRequest): void {
    const { target } = this.home;
    const length = writeRequestHead(out, request, target.origin);
    this.output.beginHeaders();
    const encode = stream.accept === null ? encodeRequest : encodeTunnel;
    encode(this.output.encoder, out, length, target.address.tls === null ? 'http' : 'https');
    const id = this.nextId;
    this.nextId += 2;
    if (this.nextId > LAST_ID) this.isLast = true;
    stream.id = id;
    this.streams.set(id, stream);
    stream.request.begin(id, request.head, request.bodyForm, this.streamWindow);
    if (stream.accept !== null) stream.request.goOn();
    this.output.headers(id, stream.request.isDone);
  }

  /** A stream is over. */
  left(stream: CarriedStream): void {
    const at = this.waiting.indexOf(stream);
    if (at >= 0) this.waiting.splice(at, 1);
    else this.count--;
    if (stream.id !== 0) this.streams.delete(stream.id);
    this.meter.tell(this.output.sent);
    this.hasServed = true;
    if (this.over.length < MOST_OVER) this.over.push(stream);
    if (this.state !== 'open') return;
    if (this.waiting.length > 0) this.letOn();
    else if (this.count === 0) this.rest();
  }

  private rest(): void {
    if (!this.isLast && this.home.keep(this, this.limits.maxIdle)) this.wheel.set(this, this.limits.idleTimeout);
    else this.close();
  }

  // Those that have waited begin. Where the backend allows fewer than was thought, the others go elsewhere.
  private letOn(): void {
    while (this.waiting.length > 0 && this.count < this.most && !this.isLast && this.state === 'open') {
      const stream = this.waiting.shift();
      this.begin();
      stream?.openLate();
    }
    if (this.waiting.length === 0) return;
    if (this.isLast || (this.most > 0 && this.home.hasElsewhere(this.limits))) this.sendAway();
  }

  private sendAway(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const stream of waiting) this.home.rehouse(stream);
  }

  attached(socket: DialledSocket): void {
    this.inflow.attach(socket);
    if (this.state === 'closed') socket.terminate();
    else this.socket = socket;
  }

  opened(socket: DialledSocket): void {
    this.attached(socket);
    if (this.state === 'closed') return;
    this.meter.opened();
    const isSecure = this.home.target.address.tls !== null;
    if (isSecure && socket.alpnProtocol !== 'h2') return this.refused();
    this.state = 'greeting';
    this.output.open(socket);
  }

  private refused(): void {
    const { refused } = this.home;
    if (refused !== null) refused();
    const why = 'The backend does not offer HTTP/2 (h2 in ALPN).';
    this.fail(refused === null ? failureBecause('tls-failed', why) : unprocessed(why));
  }

  failed(error: unknown, step: 'connect' | 'handshake'): void {
    if (error instanceof Shortage) this.home.tools.reportShortage(error);
    this.meter.lost();
    this.fail(dialFailure(error, step));
  }

  received(chunk: Uint8Array): void {
    if (this.state === 'closed') return;
    this.home.heardAt = this.wheel.now;
    this.pings.heard();
    this.meter.took(chunk.length);
    this.isKept = false;
    this.reader.read(chunk, 0, this.input);
    if (this.isClosed) return;
    while (this.over.length > 0) this.over.pop()?.recycle();
    if (this.count > 0) this.inflow.took(chunk.length);
    else this.meter.tell(this.output.sent);
    if (!this.isKept) giveBack(chunk);
    if (this.hasResting && !this.output.isBlocked) this.pump();
  }

  private get isClosed(): boolean {
    return this.state === 'closed';
  }

  keepsChunk(): void {
    this.isKept = true;
  }

  drained(): void {
    if (this.state === 'closed' || !this.output.isBlocked || !this.output.flush()) return;
    this.pump();
  }

  // Each time another body is first: one window for all may be too small for all.
  private pump(): void {
    if (!this.hasResting) return;
    this.hasResting = false;
    const streams = [...this.streams.values()];
    const first = this.turn++ % Math.max(1, streams.length);
    for (let n = 0; n < streams.length; n++) streams[(first + n) % streams.length].pump();
  }

  deliverLater(stream: CarriedStream): void {
    this.due.push(stream);
    if (this.due.length === 1) queueMicrotask(() => this.deliver());
  }

  private deliver(): void {
    for (const stream of this.due.splice(0)) stream.deliverHeld();
  }

  // ---- What the backend says of the connection itself -----------------------------------------------------------

  /** `most`: streams at a time; `window`: of each new stream. */
  settings(most: number, window: number): void {
    const change = window - this.streamWindow;
    this.streamWindow = window;
    this.most = most;
    this.home.mostStreams = most;
    this.refusedAt = Number.POSITIVE_INFINITY;
    for (const { request } of this.streams.values()) request.window += change;
    const isFirst = this.state === 'greeting';
    if (isFirst) this.state = 'open';
    if (this.waiting.length > 0) this.letOn();
    else if (isFirst) this.rest();
  }

  get mostStreams(): number {
    return this.most;
  }

  /** The backend takes no more streams, and has not looked at those after `last`. */
  goneAway(last: number, why: string): void {
    this.isLast = true;
    this.home.spoiled();
    for (const stream of Array.from(this.streams.values())) {
      if (stream.id > last) stream.lost(unprocessed(`the backend has ended the connection (${why})`));
    }
    this.sendAway();
    if (this.count === 0) this.close();
  }

  /** The backend has refused a stream: it has as many on this connection as it takes. */
  streamRefused(): void {
    this.refusedAt = Math.max(1, this.count - 1);
  }

  /** The backend has broken the rules of the protocol: the connection is lost. */
  broke(code: number, reason: string): void {
    if (this.state === 'closed') return;
    this.output.goAway(code);
    if (this.state === 'open') this.fail(malformedResponse(reason));
    else this.fail(failureBecause('connect-failed', `The backend does not speak HTTP/2: ${reason}.`));
  }

  broken(error: Error): void {
    this.fail(failure('internal'));
    this.home.tools.reportBug(error);
  }

  closed(): void {
    this.socket = null;
    this.meter.lost();
    if (this.state === 'open') this.fail(failure('reset'));
    else this.fail(failureBecause('connect-failed', 'The backend has closed the connection before it spoke HTTP/2.'));
  }

  override expired(): void {
    if (this.isIdle) return this.close();
    this.meter.lost();
    if (this.state !== 'open') return this.fail(failure('connect-timeout'));
    const { pingAfter } = this.limits;
    const step = this.pings.after(pingAfter);
    if (step === 'lost') return this.fail(failureBecause('reset', 'the backend has not answered a PING'));
    if (step === 'ask') this.output.ping();
    this.wheel.set(this, pingAfter);
  }

  doubt(): void {
    for (const stream of this.all()) stream.doubt();
  }

  cut(why: Failure): void {
    for (const stream of this.all()) stream.fail(why);
  }

  /** The connection is lost. Streams that have not been sent go elsewhere, if it had been open. */
  fail(why: Failure): void {
    if (this.state === 'closed') return;
    const wasOpen = this.state === 'open';
    const { waiting } = this;
    const streams = [...this.streams.values()];
    this.waiting = [];
    this.close();
    this.home.spoiled();
    for (const stream of streams) stream.connectionLost(why);
    for (const stream of waiting) {
      if (wasOpen) this.home.rehouse(stream);
      else stream.lost(why);
    }
  }

  close(code = NO_ERROR): void {
    if (this.state === 'closed') return;
    if (this.isIdle) this.home.unkeep(this);
    if (this.state === 'open' && this.socket !== null) this.output.goAway(code);
    this.state = 'closed';
    this.meter.givenUp();
    this.meter.tell(this.output.sent);
    this.home.closed(this);
    this.wheel.remove(this);
    this.inflow.detach();
    const { socket } = this;
    this.socket = null; // before terminate: the close event comes inside that call
    if (socket !== null) socket.terminate();
    this.output.close();
  }
}
