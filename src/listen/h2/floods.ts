// Notices a client that sends frames which bring no request on. Each such frame is cheap for it, and costs the gateway work, an
// answer, or a request at a backend that nobody waits for (CVE-2019-9512 to 9518, CVE-2023-44487, CVE-2024-27316).
import type { TimerWheel } from '../../core/timer-wheel.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { Nuisance } from './limits.ts';

/** Counts start anew after so long. */
const PERIOD: Millis = millis(10_000);

const KINDS = 6;

/** Counts what one connection sends. */
export class Floods {
  private readonly counts = new Int32Array(KINDS);
  private since = 0;

  constructor(private readonly wheel: Pick<TimerWheel, 'now' | 'tick'>) {}

  /** One more; returns how many there are. */
  add(nuisance: Nuisance): number {
    const { now, tick } = this.wheel;
    if ((now - this.since) * tick > PERIOD) this.beginAnew(now);
    return ++this.counts[nuisance];
  }

  private beginAnew(now: number): void {
    this.since = now;
    for (let kind = 0; kind < KINDS; kind++) this.counts[kind] = Math.min(0, this.counts[kind]);
  }

  /** Work was done that explains so many of them, also of those that are still to come: so many at the most. */
  explain(nuisance: Nuisance, count: number, mostOwed: number): void {
    this.counts[nuisance] = Math.max(Math.min(this.counts[nuisance], -mostOwed), this.counts[nuisance] - count);
  }
}
