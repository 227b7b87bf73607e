// Whether the body of a request comes fast enough, in any protocol.
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';

/** No client counts as too slow before this: TCP itself starts slowly, and a short outage is no attack. */
export const GRACE = millis(5000);

/** Bytes per second that must come on average. */
export type PaceRules = { readonly minBodyRate: number };

/** Watches one body after another. Time in which the gateway does not read from the client does not count. */
export class BodyPace {
  private startTick = 0;
  private pausedTick = 0;
  /** Bytes per second that must come wherever; 0: there is no such rate. */
  private demanded = 0;

  constructor(
    private readonly wheel: TimerWheel,
    /** The rate may change while a body comes. */
    private readonly rules: PaceRules,
  ) {}

  begin(): void {
    this.startTick = this.wheel.now;
    this.pausedTick = 0;
    this.demanded = 0;
  }

  /** From here on so many bytes per second must come on average. */
  demand(rate: number): void {
    this.demanded = Math.max(this.demanded, rate);
  }

  pause(): void {
    this.pausedTick = this.wheel.now;
  }

  resume(): void {
    if (this.pausedTick !== 0) this.startTick += this.wheel.now - this.pausedTick;
    this.pausedTick = 0;
  }

  /** It brings less than the rate that is asked for where connections or places are scarce. `seen`: what has come of it. */
  isSlow(seen: number): boolean {
    return this.isBelow(this.rules.minBodyRate, seen);
  }

  /** It brings less than what it must bring wherever. */
  isBelowDemand(seen: number): boolean {
    return this.demanded > 0 && this.isBelow(this.demanded, seen);
  }

  /** When it will bring less than it must, if nothing more comes; at the latest after so long. */
  silenceAllowed(longest: Millis, seen: number): Millis {
    if (this.demanded === 0) return longest;
    const end = Math.max(GRACE, (seen * 1000) / this.demanded) + this.wheel.tick;
    return millis(Math.max(0, Math.min(longest, end - this.elapsed)));
  }

  private isBelow(rate: number, seen: number): boolean {
    const { elapsed } = this;
    return elapsed > GRACE && seen < (rate * elapsed) / 1000;
  }

  private get elapsed(): number {
    const end = this.pausedTick === 0 ? this.wheel.now : this.pausedTick;
    return (end - this.startTick) * this.wheel.tick;
  }
}
