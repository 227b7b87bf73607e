// Finds a client that takes its response too slowly to be waited for: meanwhile it may occupy a backend.
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import { GRACE } from './body-pace.ts';

/** Watches one client connection, response by response. Time in which no bytes wait for the client does not count. */
export class Uptake {
  /** Bytes of the current response that were written. */
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

  get isBehindNow(): boolean {
    return this.behindSince !== 0;
  }

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

  /** Bytes wait that the client has not taken, or it has just taken a part of those that waited. */
  isBehind(): void {
    this.progressAt = this.wheel.now;
    if (this.behindSince === 0) this.behindSince = this.wheel.now;
  }

  caughtUp(): void {
    if (this.behindSince !== 0) this.behindBefore += this.wheel.now - this.behindSince;
    this.behindSince = 0;
  }

  /** True if the gateway should go on waiting. `waiting`: bytes written that the client has not taken; null: not known. */
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
