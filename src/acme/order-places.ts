// Which of the jobs that are due may begin: so many at a time, so many orders in three hours, none while no authority is of use.
import { type Job, OrderAllowance } from './schedule.ts';

/** Whether a host is in the configuration, or a client has asked for it. */
export type HostKind = 'declared' | 'demanded';

// Of each kind: neither waits for the other.
const AT_ONCE = 4;
// Of all orders, this part is for hosts in the configuration: strangers may ask for names without end.
const FOR_DECLARED = 1 / 4;

export class OrderPlaces {
  private readonly running = new Map<string, { readonly kind: HostKind; readonly done: Promise<void> }>();
  private readonly allowance = new OrderAllowance();
  private pausedUntil = 0;

  /** `jobs`: what is due, the most urgent first. `most`: orders in three hours. Those that it returns take their places by `begin`. */
  free(jobs: readonly Job[], kindOf: (host: string) => HostKind, most: number, now: number): readonly Job[] {
    const left = { declared: AT_ONCE, demanded: AT_ONCE };
    for (const { kind } of this.running.values()) left[kind]--;
    return jobs.filter(({ kind: work, host }) => {
      const kind = kindOf(host);
      if (left[kind] <= 0 || this.running.has(host)) return false;
      if (work === 'order' && !this.mayOrder(kind, most, now)) return false;
      if (work === 'order') this.allowance.take(now);
      left[kind]--;
      return true;
    });
  }

  private mayOrder(kind: HostKind, all: number, now: number): boolean {
    const most = kind === 'declared' ? all : all - Math.floor(all * FOR_DECLARED);
    return now >= this.pausedUntil && this.allowance.freeAt(most, now) <= now;
  }

  begin(host: string, kind: HostKind, done: Promise<void>): void {
    this.running.set(host, { kind, done });
  }

  end(host: string): void {
    this.running.delete(host);
  }

  /** An order has come to no authority: it does not count. */
  giveBack(): void {
    this.allowance.giveBack();
  }

  /** No order begins before that time. */
  pause(until: number): void {
    this.pausedUntil = until;
  }

  /** Resolves when nothing is under way any more. */
  async rest(): Promise<void> {
    await Promise.all(Array.from(this.running.values(), ({ done }) => done));
  }
}
