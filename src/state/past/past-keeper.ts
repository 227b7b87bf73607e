// Keeps the past as it is told, in whatever state the disk is: the part of the thread that decides.
import type { Database } from 'bun:sqlite';
import type { HistorySettings } from '../../config/history.ts';
import { errorOf } from '../../core/error-of.ts';
import type { GatewayEvent } from '../../core/observer.ts';
import { GRAINS, type Grain, type StepPart } from '../../observe/history/kept-past.ts';
import { POINT_SIZE } from '../../observe/history/timeline.ts';
import { KeptEvents } from './kept-events.ts';
import type { FromPast, ToPast } from './messages.ts';
import { type Opened, asideOf, beginAnew, numberOf, openPast, whyUnusable } from './open-file.ts';
import { PastFile } from './past-file.ts';

/** Where a file is too large, it is made a little smaller than it may be. */
const SHRUNK_TO = 0.9;
/** A machine may begin with a wrong clock. What seems too old, or to lie ahead, is forgotten only after so long. */
const CLOCK_SETTLED = 600_000;
/** Of a file that cannot be opened, after so many steps. */
const OPENED_AGAIN = 6;
/** Told of what was before: steps for the small charts of tenants, and events. */
const STEPS_TOLD = 30;
const EVENTS_TOLD = 1000;

export type KeeperTools = {
  readonly tell: (message: FromPast) => void;
  readonly wall: () => number;
  /** Milliseconds, of a clock that nobody sets. */
  readonly now: () => number;
};

type Kept = { readonly db: Database; readonly file: PastFile; readonly events: KeptEvents };

export class PastKeeper {
  private kept: Kept | null = null;
  /** What has come of the step that ends next. */
  private readonly points = { fine: new Map<string, Float64Array>(), coarse: new Map<string, Float64Array>() };
  private readonly begunAt: number;
  private readonly path: string;
  private settings: HistorySettings;
  private stepsWithout = 0;
  /** Why there is no file; empty: there is. */
  private problem = '';
  private hasTold = false;

  constructor(
    { path, settings }: Extract<ToPast, { readonly kind: 'open' }>,
    private readonly tools: KeeperTools,
  ) {
    this.path = path;
    this.settings = settings;
    this.begunAt = tools.now();
    this.use(openPast(path));
  }

  obey(message: Exclude<ToPast, { readonly kind: 'open' | 'close' }>): void {
    switch (message.kind) {
      case 'points':
        return this.take(message);
      case 'ended':
        this.settings = message.settings;
        return this.end(message.grain, message.at);
      case 'events':
        return this.keepEvents(message.events);
      case 'read': {
        const { id, name, grain, from, steps } = message;
        const values = this.attempt(({ file }) => file.read(name, grain, from, steps));
        return this.tools.tell({ kind: 'values', id, values });
      }
      case 'between': {
        const { id, after, before } = message;
        const events = this.attempt((kept) => kept.events.between(after, before, EVENTS_TOLD)) ?? [];
        return this.tools.tell({ kind: 'found', id, events });
      }
    }
  }

  close(): void {
    this.kept?.db.close();
    this.kept = null;
  }

  private take({ grain, names, values }: StepPart & { readonly grain: Grain }): void {
    for (const [at, name] of names.entries())
      this.points[grain].set(name, values.slice(at * POINT_SIZE, (at + 1) * POINT_SIZE));
  }

  private end(grain: Grain, at: number): void {
    const points = this.points[grain];
    this.points[grain] = new Map();
    if (this.kept === null && ++this.stepsWithout % OPENED_AGAIN === 0) this.use(openPast(this.path));
    this.write(({ file }) => file.keep(grain, at, points));
    this.write((kept) => this.tidy(kept, grain));
  }

  private keepEvents(events: readonly GatewayEvent[]): void {
    this.write((kept) => kept.events.keep(events, this.settings.max_events));
  }

  private tidy({ db, file }: Kept, grain: Grain): void {
    const { tools, settings } = this;
    const isSettled = tools.now() - this.begunAt >= CLOCK_SETTLED;
    if (grain === 'coarse' && isSettled) file.forget(settings, tools.wall());
    limitSize(db, settings.max_size);
    if (sizeOf(db) <= settings.max_size * SHRUNK_TO) return;
    while (sizeOf(db) > settings.max_size * SHRUNK_TO * SHRUNK_TO && file.forgetOldest());
    db.run('PRAGMA incremental_vacuum');
  }

  private tellPast({ db, file, events }: Kept): void {
    const { tell, wall } = this.tools;
    tell({ kind: 'opened', events: events.between(0, Number.MAX_SAFE_INTEGER, EVENTS_TOLD), size: sizeOf(db) });
    const { step } = GRAINS.fine;
    const latest = Math.floor(wall() / step) * step;
    for (let at = latest - STEPS_TOLD * step; at <= latest; at += step) {
      const points = file.stepAt('fine', at);
      if (points.size === 0) continue;
      const values = new Float64Array(points.size * POINT_SIZE);
      for (const [place, point] of [...points.values()].entries()) values.set(point, place * POINT_SIZE);
      tell({ kind: 'step', at, names: [...points.keys()], values });
    }
  }

  // What cannot be written is lost: a gateway keeps nothing in memory for a disk that may stay full.
  private write(task: (kept: Kept) => void): void {
    if (this.kept === null) return this.tools.tell({ kind: 'lost', reason: this.problem });
    this.attempt(task, (reason) => this.tools.tell({ kind: 'lost', reason }));
  }

  private attempt<Result>(task: (kept: Kept) => Result, failed?: (reason: string) => void): Result | null {
    if (this.kept === null) return null;
    try {
      return task(this.kept);
    } catch (error) {
      const reason = whyUnusable(error);
      failed?.(errorOf(error).message);
      if (reason === null) this.makeRoom(this.kept);
      else this.beginAnew(reason);
      return null;
    }
  }

  // It may be its own limit that it has come to.
  private makeRoom({ db, file }: Kept): void {
    try {
      if (sizeOf(db) > this.settings.max_size * SHRUNK_TO * SHRUNK_TO) file.forgetOldest();
    } catch {
      // The disk is full, too.
    }
  }

  private beginAnew(reason: string): void {
    this.close();
    this.use(beginAnew(this.path, reason));
  }

  private use(opened: Opened): void {
    if (opened.kind === 'failed') return this.cannot(opened.reason);
    const { db, setAside } = opened;
    if (setAside !== null) this.tools.tell({ kind: 'set_aside', reason: setAside, aside: asideOf(this.path) });
    try {
      limitSize(db, this.settings.max_size);
      const kept = { db, file: new PastFile(db), events: new KeptEvents(db) };
      if (!this.hasTold) this.tellPast(kept);
      this.hasTold = true;
      this.kept = kept;
    } catch (error) {
      db.close();
      const reason = whyUnusable(error);
      if (reason === null || setAside !== null) this.cannot(errorOf(error).message);
      else this.use(beginAnew(this.path, reason));
    }
  }

  private cannot(reason: string): void {
    this.problem = reason;
    this.tools.tell({ kind: 'lost', reason });
  }
}

/** How much of the file is used. */
function sizeOf(db: Database): number {
  return (numberOf(db, 'page_count') - numberOf(db, 'freelist_count')) * numberOf(db, 'page_size');
}

function limitSize(db: Database, size: number): void {
  db.run(`PRAGMA max_page_count = ${Math.floor(size / numberOf(db, 'page_size'))}`);
}
