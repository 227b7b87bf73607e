// The latest requests that are worth a look, and those who watch: brought together from all processes.
import type { Clock } from '../../core/clock.ts';
import { Ring } from '../../core/ring.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { LiveRequest } from './live-request.ts';
import type { Taken } from './live-tap.ts';
import { type RequestFilter, passes } from './request-filter.ts';

const MOST_KEPT = 500;
/** Who asks again and again is taken to watch for so long after each answer. */
const KEPT_WATCHING = millis(5000);
const MOST_WATCHERS = 32;

/** `number`: one more than that of the one before. */
export type BoardRequest = LiveRequest & { readonly number: number };

export type BoardTools = {
  readonly clock: Pick<Clock, 'after'>;
  /** Tells all processes what somebody watches; empty: nobody does. */
  readonly watch: (filters: readonly RequestFilter[]) => void;
};

/** Told of each request that fits. */
export type Watcher = (requests: readonly BoardRequest[], leftOut: number) => void;

type Watching = { readonly filter: RequestFilter; readonly tell: Watcher };

export class LiveBoard {
  /** The number of the latest; 0: there is none. */
  latest = 0;
  private readonly kept = new Ring<BoardRequest>(MOST_KEPT);
  private readonly watching = new Set<Watching>();
  /** What ends the watch of somebody who is expected to ask again, by the filter. */
  private readonly expected = new Map<string, () => void>();

  constructor(private readonly tools: BoardTools) {}

  /** One process has taken these. */
  add({ requests, leftOut }: Taken): void {
    if (requests.length === 0 && leftOut === 0) return;
    const numbered = requests.map((request) => ({ ...request, number: ++this.latest }));
    for (const one of numbered) this.kept.push(one);
    for (const { filter, tell } of this.watching) {
      const fitting = numbered.filter((request) => passes(filter, request));
      if (fitting.length > 0 || leftOut > 0) tell(fitting, leftOut);
    }
  }

  /** Those kept that fit and have a number after `after`, the latest `most` of them, oldest first. */
  find(filter: RequestFilter, after: number, most: number): readonly BoardRequest[] {
    const fitting = this.kept.toArray().filter((one) => one.number > after && passes(filter, one));
    return fitting.slice(-most);
  }

  /** One more may watch. */
  get hasRoom(): boolean {
    return this.watching.size < MOST_WATCHERS;
  }

  /** Tells of those that fit, until the returned function is called. Null: too many watch already. */
  watch(filter: RequestFilter, tell: Watcher): (() => void) | null {
    if (!this.hasRoom) return null;
    const watching = { filter, tell };
    this.watching.add(watching);
    this.tellProcesses();
    return () => {
      if (this.watching.delete(watching)) this.tellProcesses();
    };
  }

  /** Resolves with the next that fit, or with none when the time is over. Watches on for a moment. Null: too many watch already. */
  next(filter: RequestFilter, wait: Millis): Promise<readonly BoardRequest[]> | null {
    const { clock } = this.tools;
    const { promise, resolve } = Promise.withResolvers<readonly BoardRequest[]>();
    this.expected.get(keyOf(filter))?.();
    const stop = this.watch(filter, (requests) => {
      if (requests.length > 0) resolve(requests);
    });
    if (stop === null) return null;
    const cancel = clock.after(wait, () => resolve([]));
    void promise.then(() => {
      cancel();
      this.expect(filter, stop);
    });
    return promise;
  }

  // One watch for all who ask for the same: otherwise each answer would leave one behind.
  private expect(filter: RequestFilter, stop: () => void): void {
    const key = keyOf(filter);
    this.expected.get(key)?.();
    const end = (): void => {
      cancel();
      stop();
      if (this.expected.get(key) === end) this.expected.delete(key);
    };
    const cancel = this.tools.clock.after(KEPT_WATCHING, end);
    this.expected.set(key, end);
  }

  /** What somebody watches. */
  get filters(): readonly RequestFilter[] {
    return Array.from(this.watching, ({ filter }) => filter);
  }

  private tellProcesses(): void {
    this.tools.watch(this.filters);
  }
}

function keyOf(filter: RequestFilter): string {
  return JSON.stringify(filter);
}
