// Time that passes only when a test says so.
import type { Clock } from '../../src/core/clock.ts';
import { type Millis, millis } from '../../src/core/units.ts';

type Timer = { readonly at: number; readonly order: number; readonly task: () => void };

/** A clock that a test moves. */
export class VirtualClock implements Clock {
  private time = 0;
  private made = 0;
  private readonly timers = new Set<Timer>();

  readonly now = (): Millis => millis(this.time);
  readonly wall = (): number => this.time;

  readonly after = (delay: Millis, task: () => void): (() => void) => {
    const timer = { at: this.time + Math.max(0, delay), order: this.made++, task };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  readonly every = (interval: Millis, task: () => void): (() => void) => {
    let cancel = (): unknown => undefined;
    const again = (): void => {
      cancel = this.after(interval, again);
      task();
    };
    cancel = this.after(interval, again);
    return () => void cancel();
  };

  /** How many timers are set. */
  get pending(): number {
    return this.timers.size;
  }

  /** Runs what is due within `duration`, in order, and lets promises settle after each. */
  async advance(duration: number): Promise<void> {
    const end = this.time + duration;
    await settle();
    for (let next = this.earliest(end); next !== null; next = this.earliest(end)) {
      this.timers.delete(next);
      this.time = next.at;
      next.task();
      await settle();
    }
    this.time = end;
  }

  private earliest(end: number): Timer | null {
    const due = [...this.timers].filter((timer) => timer.at <= end);
    return due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0] ?? null;
  }
}

/** Resolves when all promises have settled that wait neither for time nor for the outside. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
