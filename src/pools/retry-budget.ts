// How much of the traffic may be retries. Retries save single requests and kill pools: when most attempts fail, each
// request makes two or three, and the survivors drown. One budget for each tenant.
import type { RetryBudgetSettings } from '../config/retry.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import { type Millis, millis } from '../core/units.ts';

// Long enough to tell a burst of failures from a change of load.
const WINDOW = millis(10_000);

/** Counts requests and retries of the last seconds; a few additions for each, whatever the traffic. */
export class RetryBudget {
  private readonly window = new SlidingWindow(WINDOW);

  constructor(private settings: RetryBudgetSettings) {}

  /** Other settings from here on; what has been spent stays spent. */
  reconfigure(settings: RetryBudgetSettings): void {
    this.settings = settings;
  }

  /** One more exchange has begun. */
  requested(now: Millis): void {
    this.window.add(1, now);
  }

  hasRoom(now: Millis): boolean {
    const { budget, min_per_second } = this.settings;
    const minimum = (min_per_second * WINDOW) / 1000;
    return this.window.markedTotal(now) < minimum + budget * this.window.total(now);
  }

  /** A retry that counts has begun. */
  spend(now: Millis): void {
    this.window.mark(now);
  }
}
