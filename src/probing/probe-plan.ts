// Decides which probe is due when. It changes nothing but its own queue: the scheduler takes the probes that are due, runs
// them, and tells when each has ended. Equal probes (same address, same definition) run once for all their subscribers.
import { Due, DueQueue } from '../core/due-queue.ts';
import { mix32 } from '../core/hash.ts';
import { IdMap } from '../core/id-map.ts';
import { type Millis, millis } from '../core/units.ts';
import { withJitter } from './intervals.ts';

export type ProbePlanSettings = {
  /** How many probes may run at once; the others wait in the order in which they were due. */
  readonly maxRunning: number;
  /** From 0 to below 1. */
  readonly random: () => number;
};

/** Enough for ten thousand backends that hang until a timeout of 2 s and are probed every 5 s: 4,000 of those probes run. */
export const DEFAULT_MAX_RUNNING = 4096;

const MIN_GAP = millis(100);

/** One probe, with the ids of all who get its result. */
export class PlannedProbe extends Due {
  readonly subscribers = new IdMap<null>();
  startedAt = millis(Number.NEGATIVE_INFINITY);
  isRunning = false;
  /** The second probe has been planned: `phase` of an interval after the first, so that probes of one start spread out. */
  hasPhase = false;

  constructor(
    readonly key: string,
    readonly phase: number,
  ) {
    super();
  }
}

/** The queue of all probes of the gateway. */
export class ProbePlan {
  private readonly probes = new Map<string, PlannedProbe>();
  private readonly queue = new DueQueue<PlannedProbe>();
  private runningCount = 0;

  constructor(private readonly settings: ProbePlanSettings) {}

  get running(): number {
    return this.runningCount;
  }

  /**
   * Gives a subscriber the results of the probe `key` (its address and definition). A new probe is due at once. Its phase
   * comes from `hash`, which is the same for the same probe in every run.
   */
  subscribe(key: string, hash: number, subscriber: number, now: Millis): void {
    let probe = this.probes.get(key);
    if (probe === undefined) {
      probe = new PlannedProbe(key, (mix32(hash) + 1) / 0x1_0000_0000);
      this.probes.set(key, probe);
      this.queue.set(probe, now);
    }
    probe.subscribers.set(subscriber, null);
  }

  /** A probe without subscribers does not run again; if it is running, it ends first. */
  unsubscribe(key: string, subscriber: number): void {
    const probe = this.probes.get(key);
    if (probe === undefined) return;
    probe.subscribers.delete(subscriber);
    if (probe.subscribers.size === 0 && !probe.isRunning) this.forget(probe);
  }

  /** Starts the next probe that is due, or null. Call until null. */
  take(now: Millis): PlannedProbe | null {
    const probe = this.queue.first();
    if (probe === null || probe.due > now || this.runningCount >= this.settings.maxRunning) return null;
    this.queue.remove(probe);
    probe.isRunning = true;
    probe.startedAt = now;
    this.runningCount++;
    return probe;
  }

  /** A probe has ended; `interval` is the shortest that its subscribers ask for, counted from its start. */
  finished(probe: PlannedProbe, interval: Millis, now: Millis): void {
    if (!probe.isRunning) return;
    probe.isRunning = false;
    this.runningCount--;
    if (probe.subscribers.size === 0) return this.forget(probe);
    const part = probe.hasPhase ? 1 : probe.phase;
    probe.hasPhase = true;
    const wait = withJitter(interval, this.settings.random()) * part;
    this.queue.set(probe, millis(Math.max(now, probe.startedAt + wait)));
  }

  /** Moves the next probe forward to within `interval`, because something contradicts the state of a subscriber. */
  hasten(key: string, interval: Millis, now: Millis): void {
    const probe = this.probes.get(key);
    if (probe === undefined || probe.isRunning) return;
    // MIN_GAP: each of a flood of failed requests asks for a probe.
    const soon = millis(Math.max(now + withJitter(interval, this.settings.random()), probe.startedAt + MIN_GAP));
    if (soon < probe.due) this.queue.set(probe, soon);
  }

  /** When `take` has the next probe; null: not before a running one has ended, or there is none. */
  nextDue(): Millis | null {
    const probe = this.queue.first();
    return probe === null || this.runningCount >= this.settings.maxRunning ? null : millis(probe.due);
  }

  private forget(probe: PlannedProbe): void {
    this.queue.remove(probe);
    this.probes.delete(probe.key);
  }
}
