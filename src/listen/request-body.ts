// Reads the body of a request, and finds a client that sends it too slowly to be waited for.
import { failure } from '../core/failure.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import { BodyReader } from '../http1/body-reader.ts';
import type { ChunkedForm } from '../http1/chunked.ts';
import type { Head } from '../message/head.ts';

/** No client counts as too slow before this: TCP itself starts slowly, and a short outage is no attack. */
export const GRACE = millis(5000);

/** The failure of a request whose body comes too slowly. */
export const TOO_SLOW = failure('request-timeout', 'The body comes too slowly.');

/** A body reader that watches the clock. Time in which the gateway does not read from the client does not count. */
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

  /** When to look again: at once if the body is too slow. The wheel ends many slow bodies in parts, not in one turn. */
  deadline(idle: Millis): Millis {
    return this.isTooSlow ? millis(0) : idle;
  }

  get isTooSlow(): boolean {
    const end = this.pausedTick === 0 ? this.wheel.now : this.pausedTick;
    const elapsed = (end - this.startTick) * this.wheel.tick;
    return !this.isDone && elapsed > GRACE && this.payloadSeen < (this.minRate * elapsed) / 1000;
  }
}
