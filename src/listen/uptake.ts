// Whether a client takes its answer at a pace worth waiting for. While it is behind, it may hold a backend's place.
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import { GRACE } from './request-body.ts';

/** Watches one client connection, response by response. Time in which the client has everything does not count. */
export class Uptake {
  /** Of the current response, in bytes. */
  written = 0;
  private behindSince = 0;
  private behindBefore = 0;
  private progressAt = 0;
  private taken = 0;

  constructor(
    private readonly wheel: TimerWheel,
    /** Bytes per second that the client must take on average. */
    private readonly minRate: number,
    /** How long it may take nothing. */
    private readonly idle: Millis,
  ) {}

  /** When to look again. */
  get interval(): Millis {
    return millis(Math.min(GRACE, this.idle));
  }

  begin(): void {
    this.written = 0;
    this.taken = 0;
    this.behindBefore = 0;
    if (this.behindSince !== 0) this.behindSince = this.wheel.now;
  }

  /** Something is left that it did not take, or a part of that has just been taken. */
  isBehind(): void {
    this.progressAt = this.wheel.now;
    if (this.behindSince === 0) this.behindSince = this.wheel.now;
  }

  caughtUp(): void {
    if (this.behindSince !== 0) this.behindBefore += this.wheel.now - this.behindSince;
    this.behindSince = 0;
  }

  /** Whether to go on waiting. `waiting`: what is left of the bytes written; null: nobody knows. */
  isWorthwhile(waiting: number | null): boolean {
    const { now, tick } = this.wheel;
    const taken = waiting === null ? this.taken : this.written - waiting;
    if (taken > this.taken) this.progressAt = now;
    this.taken = Math.max(taken, this.taken);
    if ((now - this.progressAt) * tick >= this.idle) return false;
    const elapsed = (this.behindBefore + now - this.behindSince) * tick;
    return waiting === null || elapsed < GRACE || taken >= (this.minRate * elapsed) / 1000;
  }
}
