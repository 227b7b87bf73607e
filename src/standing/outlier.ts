// Passive evidence: a backend whose answers to real requests are bad is ejected for a while, longer each time. Requests
// can only take a backend out; a probe, or the end of that time, brings it back. Each backend has one tracker; before
// an ejection the owner of standing asks `mayEject`.
import { RecentResults } from '../core/recent-results.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import { type Millis, type Share, millis } from '../core/units.ts';

/** The kinds of bad results that real requests can have. */
export const outlierCauses = ['connect', 'reset', 'timeout', 'malformed', '5xx', 'slow'] as const;
export type OutlierCause = (typeof outlierCauses)[number];

/** When to eject, and for how long. */
export type OutlierSettings = {
  /** Bad results in a row that eject. */
  readonly consecutive: number;
  /** Share of bad results in the window that ejects, when there were at least `min_requests`. */
  readonly failure_share: Share;
  readonly min_requests: number;
  readonly window: Millis;
  /** The first ejection lasts this long, the second twice, the third three times as long … */
  readonly base_time: Millis;
  readonly max_time: Millis;
  /** After this long without an ejection one of them is forgotten. */
  readonly quiet_time: Millis;
  /** The part of a pool that may be ejected at once. */
  readonly max_share: Share;
  /** An answer that takes longer to its first byte is a bad result of the kind `slow`; Infinity: none is. */
  readonly max_latency: Millis;
  readonly on: ReadonlySet<OutlierCause>;
  /** Statuses that are no bad results of the kind `5xx`. */
  readonly ignore_statuses: ReadonlySet<number>;
};

/** What an ejection rests on. */
export type OutlierReason =
  | { readonly rule: 'consecutive'; readonly failures: number; readonly cause: OutlierCause }
  /** The trial after an ejection has failed as well. */
  | { readonly rule: 'trial'; readonly cause: OutlierCause }
  | { readonly rule: 'share'; readonly failures: number; readonly requests: number; readonly cause: OutlierCause };

export type Ejection = {
  readonly since: Millis;
  readonly until: Millis;
  /** Which ejection it is, of those that are remembered. */
  readonly count: number;
  readonly reason: OutlierReason;
};

// A ring for more would cost more than it tells.
const LONGEST_RING = 256;

/** The passive evidence about one backend. */
export class OutlierTracker {
  /** Its ejection has run its time, and it is back on trial: the next result alone decides whether it stays. */
  isOnTrial = false;
  // Most backends of a large configuration have no results.
  private madeWindow: SlidingWindow | null = null;
  private madeLatest: RecentResults | null = null;
  private run = 0;
  private troubleSince = millis(0);
  private probeFailedAt = millis(Number.NEGATIVE_INFINITY);
  /** The run of bad results has one that a passing probe does not contradict. */
  private needsProof = false;
  private ejection: Ejection | null = null;
  private count = 0;
  private quietSince = millis(0);

  constructor(private settings: OutlierSettings) {}

  /** Other settings from here on. An ejection keeps its time; counts of another length begin anew. */
  reconfigure(settings: OutlierSettings): void {
    if (settings.window !== this.settings.window) this.madeWindow = null;
    if (ringSize(settings) !== ringSize(this.settings)) this.madeLatest = null;
    this.settings = settings;
  }

  private get window(): SlidingWindow {
    this.madeWindow ??= new SlidingWindow(this.settings.window);
    return this.madeWindow;
  }

  private get latest(): RecentResults {
    this.madeLatest ??= new RecentResults(ringSize(this.settings));
    return this.madeLatest;
  }

  /** The latest result was bad. */
  get isTroubled(): boolean {
    return this.run > 0;
  }

  /** So many good results have come. True: they ended its trial. */
  succeeded(count: number, now: Millis): boolean {
    // Such a request began before the ejection, and says nothing of the time since.
    if (this.ejected(now) !== null) return false;
    this.run = 0;
    this.needsProof = false;
    this.window.add(count, now);
    this.latest.addGood(count, now);
    const { isOnTrial } = this;
    this.isOnTrial = false;
    return isOnTrial;
  }

  /** A bad result has come. Returns the reason for an ejection if it is enough for one; whether it is carried out is
   * decided by `mayEject`. */
  failed(cause: OutlierCause, now: Millis): OutlierReason | null {
    const { settings } = this;
    // Requests that were under way at the ejection still fail after it. They are the evidence that it rests on already.
    if (!settings.on.has(cause) || this.ejected(now) !== null) return null;
    if (this.run === 0) this.troubleSince = now;
    this.run++;
    this.needsProof ||= !isContradictedByProbe(cause);
    this.window.addMarked(now);
    this.latest.addBad(now);
    if (this.isOnTrial) return { rule: 'trial', cause };
    return this.run >= settings.consecutive
      ? { rule: 'consecutive', failures: this.run, cause }
      : this.share(cause, now);
  }

  private share(cause: OutlierCause, now: Millis): OutlierReason | null {
    const { window, latest } = this;
    const { min_requests, failure_share } = this.settings;
    const requests = window.total(now);
    const failures = window.markedTotal(now);
    if (requests >= min_requests && failures >= requests * failure_share)
      return { rule: 'share', failures, requests, cause };
    // The latest results are looked at by themselves: under load, the many good results earlier in the window would
    // hide the trouble for seconds.
    const bad = min_requests > latest.size ? 0 : latest.badSince(millis(now - this.settings.window));
    return bad >= latest.size * failure_share && bad > 0
      ? { rule: 'share', failures: bad, requests: latest.size, cause }
      : null;
  }

  eject(reason: OutlierReason, now: Millis): Ejection {
    const { settings } = this;
    this.forgetQuietTime(now);
    this.count++;
    const time = Math.min(settings.max_time, settings.base_time * this.count);
    this.ejection = { since: now, until: millis(now + time), count: this.count, reason };
    this.quietSince = this.ejection.until;
    this.run = 0;
    this.isOnTrial = false;
    this.madeWindow = null;
    this.madeLatest = null;
    return this.ejection;
  }

  /** Goes on with an ejection that an earlier process has begun. */
  resume(
    { left, count, reason }: Pick<Ejection, 'count' | 'reason'> & { readonly left: Millis },
    now: Millis,
  ): Ejection {
    this.count = count;
    this.ejection = { since: now, until: millis(now + left), count, reason };
    this.quietSince = this.ejection.until;
    return this.ejection;
  }

  /** The ejection that holds now, if any. */
  ejected(now: Millis): Ejection | null {
    if (this.ejection !== null && now >= this.ejection.until) this.end(this.ejection.until);
    return this.ejection;
  }

  probeFailed(now: Millis): void {
    this.probeFailedAt = now;
  }

  /**
   * A probe that began at `probeStart` has passed. True: it ended the ejection. It does so only if it contradicts the reason:
   * requests could not reach the backend, and the probe did; or probes had failed as well while requests met trouble. A
   * health page that was well all the time says nothing about bad answers to real requests.
   */
  probePassed(probeStart: Millis, now: Millis): boolean {
    const ejection = this.ejected(now);
    if (ejection === null || probeStart < ejection.since) return false;
    if (this.needsProof && this.probeFailedAt < this.troubleSince) return false;
    this.end(now);
    return true;
  }

  private end(at: Millis): void {
    this.ejection = null;
    this.needsProof = false;
    this.quietSince = at;
  }

  private forgetQuietTime(now: Millis): void {
    const forgotten = Math.max(0, Math.floor((now - this.quietSince) / this.settings.quiet_time));
    this.count = Math.max(0, this.count - forgotten);
  }
}

function ringSize({ min_requests }: OutlierSettings): number {
  return Math.min(min_requests, LONGEST_RING);
}

/** What is bad about an answer; null: nothing that this tenant ejects for. */
export function answerCause(
  status: number,
  latency: Millis,
  { on, max_latency, ignore_statuses }: OutlierSettings,
): OutlierCause | null {
  if (status >= 500 && on.has('5xx') && !ignore_statuses.has(status)) return '5xx';
  return latency > max_latency && on.has('slow') ? 'slow' : null;
}

/** The reason in one line. */
export function describeOutlier(reason: OutlierReason): string {
  switch (reason.rule) {
    case 'consecutive':
      return `${reason.failures} bad results in a row, the latest: ${reason.cause}`;
    case 'share':
      return `${reason.failures} of ${reason.requests} results bad, the latest: ${reason.cause}`;
    case 'trial':
      return `tried again, and no better: ${reason.cause}`;
  }
}

/** How a pool stands when one of its eligible backends may be ejected. `troubled`: how many other eligible backends had
 * a bad latest result. */
export type PoolStanding = {
  readonly size: number;
  readonly ejected: number;
  readonly eligible: number;
  readonly troubled: number;
};

/** Whether one more backend may be ejected. Never beyond the share (but at least one of two or more), never the last
 * one, and not while most of the others are in trouble as well: then the load or something behind all of them is the
 * cause, and fewer backends would make it worse. */
export function mayEject(pool: PoolStanding, maxShare: Share): boolean {
  if (maxShare === 0 || pool.eligible < 2) return false;
  if (pool.troubled * 2 > pool.eligible - 1) return false;
  return pool.ejected < Math.max(1, Math.floor(pool.size * maxShare));
}

// A passing probe contradicts failures to connect, because it has connected. It says little of what requests get as
// answers.
function isContradictedByProbe(cause: OutlierCause): boolean {
  return cause === 'connect' || cause === 'reset';
}

/** True for bad results that are answers: the backend is there, so requests that wait for it may go on waiting. */
export function isAnswer(cause: OutlierCause): boolean {
  switch (cause) {
    case 'malformed':
    case '5xx':
    case 'slow':
      return true;
    case 'connect':
    case 'reset':
    case 'timeout':
      return false;
  }
}
