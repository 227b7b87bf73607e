// Who holds a place, and who waits for one in line. The first that came gets the next place, also if it waits in another process.
import type { Place, PlaceTable } from './place-table.ts';
import { type Millis, millis } from './units.ts';

/** Who waits looks so often for places that have become free in other processes, and for its deadline. */
const LOOK = millis(10);
/** So long a free place is left to one in another process that has waited longer: that process may hang. */
const PATIENCE = millis(50);

/** How many places a key has, how many may wait for one, and how long. */
export type PlaceBounds = { readonly limit: number; readonly queue: number; readonly wait: Millis };

/** One that holds a place, or waits for one. */
export interface Stay {
  /** It has got its place; false: it gets none. */
  readonly isIn: boolean | Promise<boolean>;
  /** So many more would get a place now. */
  readonly free: number;
  /** It needs its place no more. May be called again. */
  leave(): void;
}

export type PlaceTools = {
  readonly table: PlaceTable;
  readonly now: () => Millis;
  readonly every: (interval: Millis, task: () => void) => () => void;
  readonly random: () => number;
};

type Line = {
  readonly waiting: Waiting[];
  /** Since when a place is free that is left to another process; null: none is. */
  leftSince: Millis | null;
};

/** The lines of one process. */
export class PlaceLines {
  private readonly lines = new Map<string, Line>();
  private stopLooking: (() => void) | null = null;

  constructor(private readonly tools: PlaceTools) {}

  /** Somebody comes who wants one of the places that `key` has with that owner. */
  enter(owner: string, key: string, bounds: PlaceBounds): Stay {
    const { table, random } = this.tools;
    const place = table.enter(owner, key, random);
    const name = `${owner} ${key}`;
    const line = this.lines.get(name);
    const isNext = bounds.queue === 0 || (line === undefined && !place.othersWait);
    if (isNext && place.hold(bounds.limit)) return new Holding(place, bounds.limit, () => this.serve(name));
    if (bounds.queue === 0 || place.waiting > bounds.queue) {
      place.leave();
      return NONE;
    }
    return this.wait(name, line ?? { waiting: [], leftSince: null }, place, bounds);
  }

  private wait(name: string, line: Line, place: Place, bounds: PlaceBounds): Stay {
    const waiting = new Waiting(place, bounds, this.tools.now(), (left) => this.leaves(name, left));
    line.waiting.push(waiting);
    if (line.waiting.length === 1) waiting.isFirst();
    this.lines.set(name, line);
    this.stopLooking ??= this.tools.every(LOOK, () => this.look());
    return waiting;
  }

  private leaves(name: string, left: Waiting): void {
    const line = this.lines.get(name);
    const at = line === undefined ? -1 : line.waiting.indexOf(left);
    if (line !== undefined && at >= 0) {
      if (at === 0) left.isFirstNoMore();
      line.waiting.splice(at, 1);
      if (at === 0) line.waiting[0]?.isFirst();
    }
    left.place.leave();
    this.serve(name);
  }

  private look(): void {
    for (const name of this.lines.keys()) this.serve(name);
  }

  // Gives places that are free to those who wait longest.
  private serve(name: string): void {
    const line = this.lines.get(name);
    if (line === undefined) return;
    const now = this.tools.now();
    for (let next = line.waiting[0]; next !== undefined; next = line.waiting[0]) {
      const isLate = next.deadline <= now;
      if (!isLate && !this.takes(line, next, now)) return;
      line.waiting.shift();
      next.isFirstNoMore();
      line.waiting[0]?.isFirst();
      if (isLate) next.place.leave();
      next.settle(!isLate);
    }
    this.lines.delete(name);
    if (this.lines.size > 0) return;
    this.stopLooking?.();
    this.stopLooking = null;
  }

  private takes(line: Line, { place, bounds, since }: Waiting, now: Millis): boolean {
    if (place.held >= bounds.limit) {
      line.leftSince = null;
      return false;
    }
    if (place.isBehind(since)) {
      line.leftSince ??= now;
      if (now - line.leftSince < PATIENCE) return false;
    }
    line.leftSince = null;
    return place.hold(bounds.limit);
  }
}

const NONE: Stay = { isIn: false, free: 0, leave: () => undefined };

class Holding implements Stay {
  readonly isIn = true;
  private isOver = false;

  constructor(
    private readonly place: Place,
    private readonly limit: number,
    private readonly left: () => void,
  ) {}

  get free(): number {
    return Math.max(0, this.limit - this.place.held);
  }

  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.place.leave();
    this.left();
  }
}

class Waiting implements Stay {
  readonly isIn: Promise<boolean>;
  readonly since: number;
  readonly deadline: Millis;
  private readonly tell: (isIn: boolean) => void;
  private isOver = false;

  constructor(
    readonly place: Place,
    readonly bounds: PlaceBounds,
    now: Millis,
    private readonly leaves: (left: Waiting) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.isIn = promise;
    this.tell = resolve;
    // Never 0, which is nobody.
    this.since = Math.floor(now) | 0 || 1;
    this.deadline = millis(now + bounds.wait);
  }

  get free(): number {
    return Math.max(0, this.bounds.limit - this.place.held);
  }

  isFirst(): void {
    this.place.waits(this.since);
  }

  isFirstNoMore(): void {
    this.place.waits(0);
  }

  /** It gets its place, or waits no more. */
  settle(isIn: boolean): void {
    if (!isIn) this.isOver = true;
    this.tell(isIn);
  }

  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.leaves(this);
    this.tell(false);
  }
}
