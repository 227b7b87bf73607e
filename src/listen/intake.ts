// The receiving half of a client connection: pauses the socket, keeps the bytes that cannot be used yet, and follows the
// body of the request: how far it reaches, and whether it comes fast enough.
import { failure } from '../core/failure.ts';
import { Inflow, type PausableSocket } from '../core/inflow.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Bytes, type Millis, millis } from '../core/units.ts';
import { BodyReader } from '../http1/body-reader.ts';
import type { ChunkedForm, GuardedNames } from '../http1/chunked.ts';
import { join } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';

/** Keeps one read at the most while its socket is paused; and when the client resets the connection, what was left in the
 * kernel, which the runtime delivers even then. */
export class Intake extends Inflow {
  private waiting: Uint8Array | null = null;

  constructor(turns: ReadTurns, socket: PausableSocket) {
    super(turns);
    this.attach(socket);
  }

  get isEmpty(): boolean {
    return this.waiting === null;
  }

  /** Keeps bytes for later, after those that wait already. */
  keep(bytes: Uint8Array): void {
    this.waiting = this.waiting === null ? bytes : join(this.waiting, bytes);
  }

  /** Hands over the bytes that were kept; null: there are none. */
  take(): Uint8Array | null {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }

  /** The socket is gone. */
  close(): void {
    this.waiting = null;
    this.detach();
  }
}

/** No client counts as too slow before this: TCP itself starts slowly, and a short outage is no attack. */
export const GRACE = millis(5000);

/** The failure of a request whose body comes too slowly. */
export const TOO_SLOW = failure('request-timeout', 'The body comes too slowly.');

/** A body reader that watches the clock. Time in which the gateway does not read from the client does not count. */
export class RequestBody extends BodyReader {
  private startTick = 0;
  private pausedTick = 0;
  /** The client may wait for a 100 with its body, and keep it to itself without one. */
  private isUncertain = false;
  /** Bytes per second that must come wherever; 0: there is no such rate. */
  private demanded = 0;

  constructor(
    private readonly wheel: TimerWheel,
    /** Bytes per second that must come on average. */
    private readonly minRate: number,
  ) {
    super('request');
  }

  override begin(head: Head, form: ChunkedForm, guarded: GuardedNames | null = null): void {
    super.begin(head, form, guarded);
    this.isUncertain = head.expectsContinue;
    this.startTick = this.wheel.now;
    this.pausedTick = 0;
    this.demanded = 0;
  }

  /** From here on it must bring so many bytes per second on average. */
  demand(rate: number): void {
    this.demanded = Math.max(this.demanded, rate);
  }

  /** Nothing of it is left, or so little that reading and dropping it is cheaper than a new connection. */
  isDroppable(limit: Bytes): boolean {
    return this.isDone || (this.left <= limit && !this.isUncertain);
  }

  pauseClock(): void {
    this.pausedTick = this.wheel.now;
  }

  resumeClock(): void {
    if (this.pausedTick !== 0) this.startTick += this.wheel.now - this.pausedTick;
    this.pausedTick = 0;
  }

  /** It brings less than the rate that is asked for where connections or places are scarce. */
  get isSlow(): boolean {
    return this.isBelow(this.minRate);
  }

  /** It brings less than what it must bring wherever. */
  get isBelowDemand(): boolean {
    return this.demanded > 0 && this.isBelow(this.demanded);
  }

  /** When it will bring less than it must, if nothing more comes; at the latest after so long. */
  silenceAllowed(longest: Millis): Millis {
    if (this.demanded === 0) return longest;
    const end = Math.max(GRACE, (this.payloadSeen * 1000) / this.demanded) + this.wheel.tick;
    return millis(Math.max(0, Math.min(longest, end - this.elapsed)));
  }

  private isBelow(rate: number): boolean {
    const { elapsed } = this;
    return !this.isDone && elapsed > GRACE && this.payloadSeen < (rate * elapsed) / 1000;
  }

  private get elapsed(): number {
    const end = this.pausedTick === 0 ? this.wheel.now : this.pausedTick;
    return (end - this.startTick) * this.wheel.tick;
  }
}
