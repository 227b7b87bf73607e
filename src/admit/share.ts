// The account of one tenant at the event loop: what it has been given, by its weight, and its jobs that wait.
import type { Millis } from '../core/units.ts';
import { REQUEST_COST } from './costs.ts';
import type { Job } from './job.ts';

/** What becomes of a job that asks: it begins at once; it waits, and hears `begin` or `turnAway`; or it is refused, because too
 * many wait already. */
export type Answer = 'begins' | 'waits' | 'refused';

/** Shares the loop out. */
export interface ShareOwner {
  /** Jobs that wait, of all shares. */
  readonly waiting: number;
  /** When the latest job began. */
  readonly virtual: number;
  /** No account lies behind this virtual time. */
  readonly horizon: number;
  ask(share: Share, job: Job): Answer;
  /** The same for a job that comes before all others of its tenant, however many wait. False: it waits. */
  askFirst(share: Share, job: Job): boolean;
  /** The weights of all whose jobs wait. */
  readonly weights: number;
  /** The account of a share has changed whose jobs wait. */
  moved(share: Share): void;
  /** The same for its weight. */
  reweighed(share: Share, before: number): void;
  /** A job of the share does not wait any more. */
  left(share: Share): void;
  /** Those that have used the loop lately. */
  readonly listed: ReadonlySet<Share>;
  /** It has begun to use the loop, and its use is reported from here on. */
  list(share: Share): void;
}

export type ShareSettings = {
  /** Relative to the other tenants. */
  readonly weight: number;
  /** How long a job may wait. */
  readonly patience: Millis;
  /** What a job takes, in microseconds; absent: what those before have taken. */
  readonly cost?: number;
};

// The average follows the latest 64 jobs or so.
const SMOOTHING = 1 / 64;

// In microseconds of the loop.
const AHEAD = 20_000;

export class Share {
  /** The virtual time at which all that it has been given is paid for. */
  finish = 0;
  /** What one of its jobs takes on average, in microseconds; each is charged with it in advance. */
  cost: number;
  weight = 1;
  patience: Millis;
  /** Its place in the heap of those whose jobs wait; -1: none of its waits. */
  place = -1;
  /** Its jobs that wait. */
  size = 0;
  first: Job | null = null;
  /** Since its line was empty, it has been full, or a job has waited in vain. */
  isOverrun = false;
  /** What it has taken of the loop since it exists, in microseconds. */
  taken = 0;
  /** Jobs that were refused or turned away. */
  refused = 0;
  /** Its use of the loop is reported. */
  isListed = false;
  private last: Job | null = null;
  private pace = 1;

  constructor(
    settings: ShareSettings,
    private readonly owner: ShareOwner,
  ) {
    this.patience = settings.patience;
    this.cost = settings.cost ?? REQUEST_COST;
    this.reconfigure(settings);
  }

  /** Jobs that wait go on to wait, by the new settings. */
  reconfigure({ weight, patience }: ShareSettings): void {
    const before = this.weight;
    this.weight = weight;
    this.patience = patience;
    this.pace = 1 / weight;
    if (this.place >= 0) this.owner.reweighed(this, before);
  }

  /** Jobs wait for the loop, of this tenant or of others: what nobody waits for is left undone. */
  get isLoopWanted(): boolean {
    return this.owner.weights > 0;
  }

  /** The weights of all shares whose jobs wait, and its own. */
  get weightsOfAll(): number {
    return this.place < 0 ? this.owner.weights + this.weight : this.owner.weights;
  }

  /** It takes more than its share: more of the jobs that wait are its own than its weight says, or its account is far ahead. A tenant
   * that sends a few at a time, and else hardly anything, does not. */
  get isAbove(): boolean {
    const { size, weight, owner } = this;
    if (size > 0 && size * this.weightsOfAll >= owner.waiting * weight) return true;
    return this.finish > owner.virtual + AHEAD * this.pace;
  }

  /** Others have used the loop lately, too. */
  get hasCompany(): boolean {
    return this.owner.listed.size > (this.isListed ? 1 : 0);
  }

  ask(job: Job): Answer {
    return this.owner.ask(this, job);
  }

  askFirst(job: Job): boolean {
    return this.owner.askFirst(this, job);
  }

  /** A job begins at that virtual time. */
  begins(job: Job, start: number): void {
    const { cost } = this;
    if (!this.isListed) this.owner.list(this);
    this.finish = start + cost * this.pace;
    this.taken += cost;
    job.prepaid(cost);
  }

  /** It takes so much more, or less, than it was charged with. */
  charge(cost: number): void {
    if (!this.isListed) this.owner.list(this);
    this.taken += cost;
    // What it has left to others for long is not kept for it.
    this.finish = Math.max(this.finish, this.owner.horizon) + cost * this.pace;
    if (this.place >= 0) this.owner.moved(this);
  }

  /** A job is over that has taken so much in all. */
  learn(cost: number): void {
    this.cost += (cost - this.cost) * SMOOTHING;
  }

  join(job: Job, since: number): void {
    job.line = this;
    job.since = since;
    job.previousJob = this.last;
    if (this.last === null) this.first = job;
    else this.last.nextJob = job;
    this.last = job;
    this.size++;
  }

  /** It has waited elsewhere, and is never late here. */
  joinFirst(job: Job): void {
    job.line = this;
    job.since = Number.POSITIVE_INFINITY;
    job.nextJob = this.first;
    if (this.first === null) this.last = job;
    else this.first.previousJob = job;
    this.first = job;
    this.size++;
  }

  leave(job: Job): void {
    if (job.line !== this) return;
    this.unlink(job);
    this.owner.left(this);
  }

  /** Takes a job out of the line; the owner knows. */
  unlink(job: Job): void {
    job.line = null;
    if (job.previousJob === null) this.first = job.nextJob;
    else job.previousJob.nextJob = job.nextJob;
    if (job.nextJob === null) this.last = job.previousJob;
    else job.nextJob.previousJob = job.previousJob;
    job.nextJob = null;
    job.previousJob = null;
    this.size--;
  }
}
