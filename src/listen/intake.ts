// The receiving half of a client connection: pauses the socket, keeps the bytes that cannot be used yet, and follows the
// body of the request: how far it reaches, and whether it comes fast enough.
import { failure } from '../core/failure.ts';
import { Inflow, type PausableSocket } from '../core/inflow.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Bytes, Millis } from '../core/units.ts';
import { BodyReader } from '../http1/body-reader.ts';
import type { ChunkedForm, GuardedNames } from '../http1/chunked.ts';
import { join } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import { BodyPace, type PaceRules } from './body-pace.ts';

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

  /** All that has come has been used, and more may come. */
  get isQuiet(): boolean {
    return this.waiting === null && !this.isHeld;
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

/** The failure of a request whose body comes too slowly. */
export const TOO_SLOW = failure('request-timeout', 'The body comes too slowly.');

/** A body reader that watches the clock. Time in which the gateway does not read from the client does not count. */
export class RequestBody extends BodyReader {
  private readonly pace: BodyPace;
  /** The client may wait for a 100 with its body, and keep it to itself without one. */
  private isUncertain = false;

  constructor(wheel: TimerWheel, rules: PaceRules) {
    super('request');
    this.pace = new BodyPace(wheel, rules);
  }

  override begin(head: Head, form: ChunkedForm, guarded: GuardedNames | null = null): void {
    super.begin(head, form, guarded);
    this.isUncertain = head.expectsContinue;
    this.pace.begin();
  }

  /** From here on it must bring so many bytes per second on average. */
  demand(rate: number): void {
    this.pace.demand(rate);
  }

  /** Nothing of it is left, or so little that reading and dropping it is cheaper than a new connection. */
  isDroppable(limit: Bytes): boolean {
    return this.isDone || (this.left <= limit && !this.isUncertain);
  }

  pauseClock(): void {
    this.pace.pause();
  }

  resumeClock(): void {
    this.pace.resume();
  }

  /** It brings less than the rate that is asked for where connections or places are scarce. */
  get isSlow(): boolean {
    return !this.isDone && this.pace.isSlow(this.payloadSeen);
  }

  /** It brings less than what it must bring wherever. */
  get isBelowDemand(): boolean {
    return !this.isDone && this.pace.isBelowDemand(this.payloadSeen);
  }

  /** When it will bring less than it must, if nothing more comes; at the latest after so long. */
  silenceAllowed(longest: Millis): Millis {
    return this.pace.silenceAllowed(longest, this.payloadSeen);
  }
}
