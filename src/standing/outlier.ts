// Passive evidence: a backend whose answers to real requests are bad is ejected for a while, longer each time. It may
// only take out; a probe or the end of the time brings back. One tracker for each backend; the pool asks `mayEject`.
import { RecentResults } from '../core/recent-results.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import { type Millis, type Share, millis } from '../core/units.ts';

/** What a result of real traffic can be held against a backend. */
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
};

/** What an ejection rests on. */
export type OutlierReason =
  | { readonly rule: 'consecutive'; readonly failures: number; readonly cause: OutlierCause }
  /** The one result after an ejection had run its time. */
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
  /** It is back because its time was over: the next result alone decides. */
  isOnTrial = false;
  private window: SlidingWindow;
  private latest: RecentResults;
  private run = 0;
  private troubleSince = millis(0);
  private probeFailedAt = millis(Number.NEGATIVE_INFINITY);
  /** The run has a result that a probe which passes does not contradict. */
  private needsProof = false;
  private ejection: Ejection | null = null;
  private count = 0;
  private quietSince = millis(0);

  constructor(private settings: OutlierSettings) {
    this.window = new SlidingWindow(settings.window);
    this.latest = new RecentResults(ringSize(settings));
  }

  /** Other settings from here on. An ejection keeps its time; counts of another length begin anew. */
  reconfigure(settings: OutlierSettings): void {
    if (settings.window !== this.settings.window) this.window = new SlidingWindow(settings.window);
    if (ringSize(settings) !== this.latest.size) this.latest = new RecentResults(ringSize(settings));
    this.settings = settings;
  }

  /** The latest result was bad. */
  get isTroubled(): boolean {
    return this.run > 0;
  }

  /** As many good results. True: they ended its trial. */
  succeeded(count: number, now: Millis): boolean {
    // From before the ejection, like the failures that still come home.
    if (this.ejected(now) !== null) return false;
    this.run = 0;
    this.needsProof = false;
    this.window.add(count, now);
    this.latest.addGood(count, now);
    const { isOnTrial } = this;
    this.isOnTrial = false;
    return isOnTrial;
  }

  /** A bad result. The reason when it is enough for an ejection, which the pool then may or may not carry out. */
  failed(cause: OutlierCause, now: Millis): OutlierReason | null {
    const { settings } = this;
    // Requests that were under way at the ejection still come home, and are the old evidence over again.
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
    // Under load the good results of the time before would hide the trouble for seconds.
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
    this.window.clear();
    this.latest.clear();
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
   * A probe that began at `probeStart` has passed. True: it ended the ejection. It does so only where it speaks of the
   * same trouble: it reached a backend that could not be reached, or it had failed, too, while the trouble lasted. A
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

/** What an answer is held for; null: it is good, as far as this tenant looks. */
export function answerCause(
  status: number,
  latency: Millis,
  { on, max_latency }: OutlierSettings,
): OutlierCause | null {
  if (status >= 500 && on.has('5xx')) return '5xx';
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

/** How a pool stands, for the decision about one of its eligible backends. `troubled`: the others of the eligible whose
 * latest result was bad. */
export type PoolStanding = {
  readonly size: number;
  readonly ejected: number;
  readonly eligible: number;
  readonly troubled: number;
};

/** Whether one more may be ejected: never beyond the share (of two or more at least one), never the last, and not for
 * what most of the others have, too: then it is the load, or something behind them all, and fewer backends are no help. */
export function mayEject(pool: PoolStanding, maxShare: Share): boolean {
  if (maxShare === 0 || pool.eligible < 2) return false;
  if (pool.troubled * 2 > pool.eligible - 1) return false;
  return pool.ejected < Math.max(1, Math.floor(pool.size * maxShare));
}

// A connection that opens contradicts one that did not; a health page says little of what requests get.
function isContradictedByProbe(cause: OutlierCause): boolean {
  return cause === 'connect' || cause === 'reset';
}

/** True for what a backend did by answering: it is there, and the others who wait for it may go on. */
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
