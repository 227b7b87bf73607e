// The body of one request on its way in: its length against what its head has promised, its window, and whether it comes fast
// enough.
import type { Failure } from '../../core/failure.ts';
import { Timed, type TimerWheel } from '../../core/timer-wheel.ts';
import { type Millis, millis } from '../../core/units.ts';
import { FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR, STREAM_CLOSED } from '../../http2/frames.ts';
import { EMPTY } from '../../message/bytes.ts';
import { BODY_LENGTH, BODY_NONE, type Head, releaseHead } from '../../message/head.ts';
import { BodyPace } from '../body-pace.ts';
import { TOO_SLOW } from '../intake.ts';
import type { FrameOutput } from './frame-output.ts';
import { type ReceiveWindow, STREAM_WINDOW } from './receive-window.ts';

/** What watches over bodies. */
export type InputTools = {
  readonly wheel: TimerWheel;
  /** Bytes per second that a body must bring where connections or places are scarce. */
  readonly minBodyRate: number;
  readonly timeouts: { readonly idle: Millis };
};

/** The connection, as a body sees it. */
export type InputConnection = { readonly output: FrameOutput; readonly receiveWindow: ReceiveWindow };

/** The stream, as its input sees it. */
export interface StreamInputOwner {
  /** Connections or places at backends are scarce. */
  readonly isCrowded: boolean;
  inputBytes(bytes: Uint8Array, start: number, end: number): void;
  inputTrailers(trailers: Head): void;
  /** The request is complete. */
  inputEnded(): void;
  inputFailed(why: Failure): void;
  /** Nothing has come for too long. */
  inputStalled(): void;
}

/** The head has not said how long the body is. */
const UNKNOWN = Number.NEGATIVE_INFINITY;

/** While a body is to come it has a deadline. */
export class StreamInput extends Timed {
  /** Bytes of the body that have come. */
  payload = 0;
  /** The client has ended the stream. */
  isEnded = false;
  private id = 0;
  private tools: InputTools | null = null;
  private connection: InputConnection | null = null;
  private window = STREAM_WINDOW;
  /** Passed on, and not given back to the stream's window yet. */
  private uncredited = 0;
  private owed = UNKNOWN;
  /** The exchange has been told of the end. */
  private isOver = false;
  private isPaused = false;
  private isTunnel = false;
  private trailers: Head | null = null;
  /** What has come while it was paused: a window that was given cannot be taken back. */
  private held: Uint8Array[] = [];
  private pace: BodyPace | null = null;

  constructor(private readonly owner: StreamInputOwner) {
    super();
  }

  /** Begins a request; false: its end and its length contradict each other. `isEnded`: no body follows. */
  begin(id: number, head: Head, isEnded: boolean, connection: InputConnection, tools: InputTools): boolean {
    this.id = id;
    this.connection = connection;
    this.tools = tools;
    this.isEnded = isEnded;
    this.owed = lengthOf(head);
    this.isOver = isEnded || this.owed === 0 || head.isUpgrade;
    // What comes before the backend has agreed to a tunnel has to wait.
    this.isPaused = head.isUpgrade;
    this.isTunnel = false;
    if (isEnded) return this.owed <= 0;
    this.window = STREAM_WINDOW;
    this.uncredited = 0;
    if (!this.isOver) this.awaitMore(tools);
    return true;
  }

  /** The body of a request that is not served, if it has one, is not wanted. */
  refuse(isEnded: boolean): void {
    this.isEnded = isEnded;
    this.isOver = true;
  }

  /** All that the exchange will get is there. */
  get isComplete(): boolean {
    return this.isOver;
  }

  // At once if it is too slow: the wheel ends many such bodies in parts, not in one turn.
  private awaitMore(tools: InputTools): void {
    this.pace ??= this.startPace(tools);
    const wait = this.isTooSlow ? millis(0) : this.pace.silenceAllowed(tools.timeouts.idle, this.payload);
    tools.wheel.set(this, wait);
  }

  private startPace(tools: InputTools): BodyPace {
    const pace = new BodyPace(tools.wheel, tools);
    pace.begin();
    return pace;
  }

  private get isTooSlow(): boolean {
    const { pace, payload, owner } = this;
    return pace !== null && (pace.isBelowDemand(payload) || (pace.isSlow(payload) && owner.isCrowded));
  }

  /** The backend has agreed to a tunnel: what comes from here on, and what has come, has no length. */
  becomeTunnel(): void {
    this.isTunnel = true;
    this.isOver = false;
    this.resume();
  }

  /** Takes a piece of a DATA frame, which costs so much of the window; `isEnd`: the stream ends with it. Returns an error code,
   * NO_ERROR as a rule. */
  take(bytes: Uint8Array, start: number, end: number, cost: number, isEnd: boolean): number {
    if (this.isEnded) return STREAM_CLOSED;
    const size = end - start;
    this.window -= cost;
    if (this.window < 0) return FLOW_CONTROL_ERROR;
    if (this.owed !== UNKNOWN) this.owed -= size;
    if (this.contradicts(isEnd)) return PROTOCOL_ERROR;
    this.payload += size;
    this.isEnded = isEnd;
    if (this.isPaused) this.hold(bytes, start, end, cost - size);
    else this.pass(bytes, start, end, cost);
    return NO_ERROR;
  }

  /** The stream ends with these trailers; null: with none that go on. */
  end(trailers: Head | null): number {
    if (this.isEnded) return STREAM_CLOSED;
    if (this.contradicts(true)) return PROTOCOL_ERROR;
    this.isEnded = true;
    this.trailers = trailers;
    if (!this.isPaused) this.settle();
    return NO_ERROR;
  }

  // RFC 9113 8.1.1: more or less than the head has promised.
  private contradicts(isEnd: boolean): boolean {
    return this.owed !== UNKNOWN && (this.owed < 0 || (isEnd && this.owed > 0));
  }

  private hold(bytes: Uint8Array, start: number, end: number, padding: number): void {
    if (padding > 0) this.credit(padding);
    if (end > start) this.held.push(bytes.slice(start, end));
  }

  private pass(bytes: Uint8Array, start: number, end: number, cost: number): void {
    this.credit(cost);
    if (end > start) this.owner.inputBytes(bytes, start, end);
    this.settle();
  }

  // After the owner has taken what has come; it may be over by then.
  private settle(): void {
    const { tools } = this;
    if (tools === null || this.isOver || this.isPaused) return;
    if (this.isEnded || this.owed === 0) {
      this.isOver = true;
      tools.wheel.clear(this);
      if (this.trailers !== null) this.owner.inputTrailers(this.trailers);
      this.owner.inputEnded();
    } else if (!this.isTunnel) this.awaitMore(tools);
  }

  // The connection gets its bytes back at once. The stream gets them while it takes more.
  private credit(size: number): void {
    const { connection } = this;
    if (connection === null) return;
    connection.receiveWindow.give(size);
    this.uncredited += size;
    if (this.isEnded || this.uncredited < STREAM_WINDOW / 2) return;
    this.window += this.uncredited;
    connection.output.windowUpdate(this.id, this.uncredited);
    this.uncredited = 0;
  }

  pause(): void {
    if (this.isPaused || this.isOver) return;
    this.isPaused = true;
    this.pace?.pause();
    this.tools?.wheel.clear(this); // the gateway keeps the client waiting
  }

  resume(): void {
    if (!this.isPaused || this.isOver) return;
    this.isPaused = false;
    this.pace?.resume();
    while (this.held.length > 0 && !this.isPaused && this.tools !== null) {
      const piece = this.held.shift() ?? EMPTY;
      this.credit(piece.length);
      this.owner.inputBytes(piece, 0, piece.length);
    }
    this.settle();
  }

  demand(rate: number): void {
    const { tools } = this;
    if (this.isOver || tools === null) return;
    this.pace ??= this.startPace(tools);
    this.pace.demand(rate);
    if (!this.isPaused) this.awaitMore(tools);
  }

  override expired(): void {
    if (this.isOver || this.isPaused) return;
    if (this.isTooSlow) this.owner.inputFailed(TOO_SLOW);
    else this.owner.inputStalled();
  }

  /** The stream is over: what was held is thrown away. */
  drop(): void {
    const { connection, held } = this;
    if (this.bucket !== -1) this.tools?.wheel.remove(this);
    this.tools = null;
    this.connection = null;
    this.pace = null;
    this.payload = 0;
    this.isPaused = false;
    if (this.trailers !== null) releaseHead(this.trailers);
    this.trailers = null;
    if (held.length === 0) return;
    this.held = [];
    connection?.receiveWindow.give(held.reduce((sum, { length }) => sum + length, 0));
  }
}

function lengthOf({ framing, length, isUpgrade }: Head): number {
  if (framing === BODY_LENGTH) return length;
  return framing === BODY_NONE && !isUpgrade ? 0 : UNKNOWN;
}
