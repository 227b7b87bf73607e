// One fetch for many: requests that wait for the answer to the first one for the same.

/** What becomes of whoever waits. `stored`: the answer is kept, and they look again. `stale`: the old one will do. `lead`: the first
 * one has gone, and this one takes its place. `pass`: each is passed on. */
export type Landing = 'stored' | 'stale' | 'lead' | 'pass';

export type Waiter = {
  readonly landed: Promise<Landing>;
  /** It waits no longer. Nothing happens to one that has been told already. */
  readonly leave: (landing: Landing | null) => void;
};

export class Flight {
  private readonly waiting = new Set<(landing: Landing) => void>();
  private hasLanded = false;

  constructor(
    /** Nobody may join any more. */
    private readonly ended: (flight: Flight) => void,
  ) {}

  get isAwaited(): boolean {
    return this.waiting.size > 0;
  }

  join(): Waiter {
    const { promise, resolve } = Promise.withResolvers<Landing>();
    this.waiting.add(resolve);
    const leave = (landing: Landing | null): void => {
      if (this.waiting.delete(resolve) && landing !== null) resolve(landing);
    };
    return { landed: promise, leave };
  }

  land(landing: Exclude<Landing, 'lead'>): void {
    if (this.hasLanded) return;
    this.hasLanded = true;
    this.ended(this);
    for (const resolve of this.waiting) resolve(landing);
    this.waiting.clear();
  }

  /** The one that is fetched for has gone: the next one takes its place. */
  handOver(): void {
    if (this.hasLanded) return;
    const [next] = this.waiting;
    if (next === undefined) return this.land('pass');
    this.waiting.delete(next);
    next('lead');
  }
}
