// The bytes of one response on their way: what the windows and the socket did not let through, and whether the client takes it.
import { Timed, type TimerWheel } from '../../core/timer-wheel.ts';
import { LARGE_READ } from '../../core/large-read.ts';
import type { Millis } from '../../core/units.ts';
import { Uptake } from '../uptake.ts';
import { MAX_WINDOW } from '../../http2/frames.ts';
import type { DataSender, DataStream } from './data-sender.ts';
import type { Priority } from './priority.ts';

/** What watches over clients that take too little. */
export type OutputClock = {
  readonly wheel: TimerWheel;
  /** Bytes per second that a client must take on average. */
  readonly minResponseRate: number;
  readonly timeouts: { readonly idle: Millis };
};

/** The stream, as its output sees it. */
export interface StreamOutputOwner {
  /** All that has waited has left: there is room. */
  outputDrained(): void;
  /** The client takes too little of this response. */
  outputStalled(): void;
  /** Of its request. */
  readonly askedPriority: Priority;
}

/** While the client gives it no window it has a deadline. */
export class StreamOutput extends Timed implements DataStream {
  id = 0;
  window = 0;
  isWaiting = false;
  /** Bytes of the body that were handed over. */
  sent = 0;
  private asked: Priority | null = null;
  /** Handed to `sender`, and not sent yet: from `at` in the first one. */
  private readonly unsent: Uint8Array[] = [];
  private at = 0;
  private left = 0;
  private sender: DataSender | null = null;
  private clock: OutputClock | null = null;
  /** Null: the client has always given window enough. */
  private uptake: Uptake | null = null;

  constructor(private readonly owner: StreamOutputOwner) {
    super();
  }

  begin(id: number, sender: DataSender, clock: OutputClock): void {
    this.id = id;
    this.sender = sender;
    this.clock = clock;
    this.window = sender.initialWindow;
    this.sent = 0;
    this.asked = null;
  }

  get hasUnsent(): boolean {
    return this.left > 0;
  }

  /** Bytes of the body that were handed over and have not left. */
  get size(): number {
    return this.left;
  }

  /** Asked for when it first has to wait: as a rule it never has. */
  get priority(): Priority {
    this.asked ??= this.owner.askedPriority;
    return this.asked;
  }

  /** The client has changed its mind. */
  set priority(priority: Priority) {
    this.asked = priority;
  }

  /** Sends what may leave and keeps the rest. False: rest until `outputDrained`. */
  send(bytes: Uint8Array, start: number, end: number): boolean {
    const { sender } = this;
    if (sender === null || start === end) return !this.hasUnsent;
    this.sent += end - start;
    const at = this.hasUnsent ? start : sender.send(this, bytes, start, end);
    if (at === end) return true;
    this.keep(bytes, at, end);
    if (this.window > 0) sender.await(this);
    else this.starves();
    return false;
  }

  // Of a large read only the part that waits is kept in memory.
  private keep(bytes: Uint8Array, start: number, end: number): void {
    const { byteLength } = bytes.buffer;
    const isMost = byteLength <= LARGE_READ || end - start > byteLength / 2;
    this.unsent.push(isMost ? bytes.subarray(start, end) : bytes.slice(start, end));
    this.left += end - start;
  }

  // The client gives no window for what waits.
  private starves(): void {
    const { clock } = this;
    if (clock === null) return;
    this.uptake ??= new Uptake(clock.wheel, clock.minResponseRate, clock.timeouts.idle);
    this.uptake.isBehind();
    if (this.deadlineTick === 0) clock.wheel.set(this, this.uptake.interval);
  }

  /** The client takes so much more of this stream; false: more than there may be. */
  widen(by: number): boolean {
    this.window += by;
    if (this.window > MAX_WINDOW) return false;
    if (this.hasUnsent && this.window > 0) {
      this.uptake?.caughtUp();
      this.sender?.await(this);
    }
    return true;
  }

  sendWaiting(most: number): boolean {
    const { sender, unsent } = this;
    if (sender === null) return false;
    for (let rest = most; this.left > 0 && rest > 0; ) {
      const [first] = unsent;
      const stop = Math.min(first.length, this.at + rest);
      const to = sender.send(this, first, this.at, stop);
      this.left -= to - this.at;
      rest -= to - this.at;
      this.at = to;
      if (to < stop) break;
      if (to < first.length) continue;
      unsent.shift();
      this.at = 0;
    }
    if (this.left === 0) this.owner.outputDrained();
    else if (this.window <= 0) this.starves();
    return this.left > 0;
  }

  override expired(): void {
    const { uptake, clock } = this;
    if (uptake === null || clock === null || !this.hasUnsent) return;
    uptake.written = this.sent;
    // Where it waits for other streams, that is no fault of the client's.
    if (this.window > 0 || uptake.isWorthwhile(this.left)) clock.wheel.set(this, uptake.interval);
    else this.owner.outputStalled();
  }

  /** The stream is over: what has not been sent is forgotten. */
  drop(): void {
    this.sender?.remove(this);
    if (this.bucket !== -1) this.clock?.wheel.remove(this);
    this.sender = null;
    this.clock = null;
    this.uptake = null;
    if (this.left === 0) return;
    this.unsent.length = 0;
    this.at = 0;
    this.left = 0;
  }
}
