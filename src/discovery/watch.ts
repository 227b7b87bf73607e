// Watches one name: resolves it again when its answer is too old, and keeps the last good answer.
import type { Clock } from '../core/clock.ts';
import { type Millis, millis } from '../core/units.ts';
import type { DiscoverySpec, Endpoint, Lookup } from './contract.ts';
import { isSameSet } from './endpoints.ts';
import type { WatchStatus } from './names.ts';
import { NOTHING_KNOWN, type Resolution, resolve } from './resolve.ts';
import { nextDelay } from './schedule.ts';

export type WatchTools = {
  readonly lookup: Lookup;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
};

/** Resolves a name again and again, from construction until `close`. */
export class NameWatch {
  private known: Resolution = NOTHING_KNOWN;
  private failures = 0;
  private state: Omit<WatchStatus, 'nextAt'>;
  private nextAt: number | null = null;
  /** When the latest round ended, by the monotonic clock. */
  private endedAt = millis(0);
  private dueAt = millis(0);
  private cancelTimer: (() => void) | null = null;
  private readonly abort = new AbortController();

  constructor(
    private readonly spec: DiscoverySpec,
    private readonly tools: WatchTools,
    /** Called when the set of endpoints has changed; a new order is no change. Never called during the construction. */
    private readonly changed: (endpoints: readonly Endpoint[]) => void,
    /** Called at the end of each round, after `changed`. */
    private readonly concluded: () => void,
  ) {
    this.state = { state: 'resolving', since: tools.clock.wall(), detail: null };
    void this.ask();
  }

  /** Null: there has been no good answer yet. */
  get endpoints(): readonly Endpoint[] | null {
    return this.known.endpoints.length === 0 ? null : this.known.endpoints;
  }

  get status(): WatchStatus {
    return { ...this.state, nextAt: this.nextAt };
  }

  /** Its answer may be out of date: the next round begins at once, or when as much time has passed as an answer counts at
   * least. */
  doubt(): void {
    if (this.nextAt === null) return;
    const { clock } = this.tools;
    const delay = millis(Math.max(0, this.endedAt + this.spec.minTtl - clock.now()));
    if (clock.now() + delay < this.dueAt) this.arm(delay);
  }

  /** Ends the watch; `changed` is not called afterwards. */
  close(): void {
    this.cancelTimer?.();
    this.abort.abort();
  }

  private async ask(): Promise<void> {
    this.nextAt = null;
    const { signal } = this.abort;
    const early = (found: Resolution): void => {
      if (!signal.aborted) this.take(found);
    };
    const found = await resolve(this.spec, this.known, { lookup: this.tools.lookup, signal, early }).catch(
      (error: unknown) => failedItself(this.known, error),
    );
    if (!signal.aborted) this.conclude(found);
  }

  private conclude(found: Resolution): void {
    this.endedAt = this.tools.clock.now();
    this.failures = found.problem === null ? 0 : this.failures + 1;
    this.note(found);
    this.schedule(found);
    this.take(found);
    this.concluded();
  }

  private take(found: Resolution): void {
    const before = this.known;
    this.known = found;
    if (!isSameSet(before.endpoints, found.endpoints)) this.changed(found.endpoints);
  }

  private note({ problem, endpoints }: Resolution): void {
    const withProblem = endpoints.length === 0 ? 'failed' : 'stale';
    const state = problem === null ? 'resolved' : withProblem;
    const since = state === this.state.state ? this.state.since : this.tools.clock.wall();
    this.state = { state, since, detail: problem };
  }

  private schedule({ ttl }: Resolution): void {
    this.arm(nextDelay(this.spec, ttl, this.failures, this.tools.random()));
  }

  private arm(delay: Millis): void {
    const { clock } = this.tools;
    this.cancelTimer?.();
    this.nextAt = clock.wall() + delay;
    this.dueAt = millis(clock.now() + delay);
    this.cancelTimer = clock.after(delay, () => void this.ask());
  }
}

// A lookup never rejects; one that does has a bug, which must not cost a tenant its backends.
function failedItself(known: Resolution, error: unknown): Resolution {
  return { ...known, ttl: null, problem: `the lookup itself failed: ${String(error)}` };
}
