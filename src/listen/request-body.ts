// The body of the request that a client is sending: how far it reaches, and whether it comes at a pace worth waiting for.
import { failure } from '../core/failure.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import { BodyReader } from '../http1/body-reader.ts';
import type { ChunkedForm } from '../http1/chunked.ts';
import type { Head } from '../message/head.ts';

/** Nobody is too slow sooner. A slow start is no attack: TCP itself begins slowly; nor is a short outage. */
export const GRACE = millis(5000);

/** Why one is given up. */
export const TOO_SLOW = failure('request-timeout', 'The body comes too slowly.');

/** A body reader that watches the clock. Time in which we kept the client waiting does not count. */
export class RequestBody extends BodyReader {
  private startTick = 0;
  private pausedTick = 0;

  constructor(
    private readonly wheel: TimerWheel,
    /** Bytes per second that must come on average. */
    private readonly minRate: number,
  ) {
    super('request');
  }

  override begin(head: Head, form: ChunkedForm): void {
    super.begin(head, form);
    this.startTick = this.wheel.now;
    this.pausedTick = 0;
  }

  pauseClock(): void {
    this.pausedTick = this.wheel.now;
  }

  resumeClock(): void {
    if (this.pausedTick !== 0) this.startTick += this.wheel.now - this.pausedTick;
    this.pausedTick = 0;
  }

  /** When to look at it again. Bodies that began together are too slow together: the wheel deals with them in parts. */
  deadline(idle: Millis): Millis {
    return this.isTooSlow ? millis(0) : idle;
  }

  get isTooSlow(): boolean {
    const end = this.pausedTick === 0 ? this.wheel.now : this.pausedTick;
    const elapsed = (end - this.startTick) * this.wheel.tick;
    return !this.isDone && elapsed > GRACE && this.payloadSeen < (this.minRate * elapsed) / 1000;
  }
}
