// How much of the traffic may be retries. Retries save single requests and kill pools: when most attempts fail, each
// request makes two or three, and the survivors drown. One budget for each tenant, for all processes together.
import type { RetryBudgetSettings } from '../config/retry.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import type { TenantNumbers } from '../core/tenant-cells.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';

// Long enough to tell a burst of failures from a change of load.
const WINDOW = millis(10_000);
// What processes publish is dated by parts of the window.
const PARTS = 10;

/** What other processes have counted, and when it is now for all of them. */
export type BudgetSharing = {
  readonly numbers: TenantNumbers;
  readonly wheel: Pick<TimerWheel, 'time' | 'tick'>;
};

/** Counts requests and retries of the last seconds; a few additions for each, whatever the traffic. */
export class RetryBudget {
  // Made when it is first needed: the process that decides serves nobody, and of ten thousand tenants most are asleep.
  private madeWindow: SlidingWindow | null = null;

  /** `sharing` null: this process is the only one. */
  constructor(
    private settings: RetryBudgetSettings,
    private readonly sharing: BudgetSharing | null = null,
  ) {}

  private get window(): SlidingWindow {
    this.madeWindow ??= new SlidingWindow(WINDOW);
    return this.madeWindow;
  }

  /** Other settings from here on; what has been spent stays spent. */
  reconfigure(settings: RetryBudgetSettings): void {
    this.settings = settings;
  }

  /** One more exchange has begun. */
  requested(now: Millis): void {
    this.window.add(1, now);
    if (this.sharing?.numbers.isPublished === true) this.publish(this.sharing, now);
  }

  hasRoom(now: Millis): boolean {
    const { budget, min_per_second } = this.settings;
    const minimum = (min_per_second * WINDOW) / 1000;
    const others = this.sharing === null ? NONE : this.ofOthers(this.sharing);
    const retries = this.window.markedTotal(now) + others.retries;
    return retries < minimum + budget * (this.window.total(now) + others.requests);
  }

  /** A retry that counts has begun. */
  spend(now: Millis): void {
    this.window.mark(now);
    if (this.sharing?.numbers.isPublished === true) this.publish(this.sharing, now);
  }

  private publish({ numbers, wheel }: BudgetSharing, now: Millis): void {
    numbers.publishBudget(partOf(wheel), this.window.total(now), this.window.markedTotal(now));
  }

  // A process publishes when it counts. What one has published that counts no more fades like its window: its requests
  // little by little, and its retries, to be safe, only when all of them are out of the window.
  private ofOthers({ numbers, wheel }: BudgetSharing): typeof NONE {
    const now = partOf(wheel);
    let requests = 0;
    let retries = 0;
    numbers.budgetsOfOthers((at, counted, retried) => {
      const age = now - at;
      if (age > PARTS) return;
      requests += (counted * (PARTS - Math.max(0, age))) / PARTS;
      retries += retried;
    });
    return { requests, retries };
  }
}

const NONE = { requests: 0, retries: 0 };

// Never 0, which is nothing published.
function partOf({ time, tick }: BudgetSharing['wheel']): number {
  return Math.floor((time * tick * PARTS) / WINDOW) + 1;
}
