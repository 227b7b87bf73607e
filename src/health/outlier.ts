// Passive evidence: a backend whose answers to real requests are bad is ejected for a while, longer each time. It may
// only take out; a probe or the end of the time brings back. One tracker for each backend; the pool asks `mayEject`.
import type { FailureCode } from '../core/failure.ts';
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
  | { readonly rule: 'share'; readonly failures: number; readonly requests: number; readonly cause: OutlierCause };

export type Ejection = {
  readonly since: Millis;
  readonly until: Millis;
  /** Which ejection it is, of those that are remembered. */
  readonly count: number;
  readonly reason: OutlierReason;
};

/** The passive evidence about one backend. */
export class OutlierTracker {
  private readonly window: SlidingWindow;
  private run = 0;
  /** The run has a bad answer, not only a lost connection: a probe that passes says nothing about it. */
  private hasBadAnswer = false;
  private ejection: Ejection | null = null;
  private count = 0;
  private quietSince = millis(0);

  constructor(private readonly settings: OutlierSettings) {
    this.window = new SlidingWindow(settings.window);
  }

  succeeded(now: Millis): void {
    // From before the ejection, like the failures that still come home.
    if (this.ejected(now) !== null) return;
    this.run = 0;
    this.hasBadAnswer = false;
    this.window.add(false, now);
  }

  /** A bad result. The reason when it is enough for an ejection, which the pool then may or may not carry out. */
  failed(cause: OutlierCause, now: Millis): OutlierReason | null {
    const { settings, window } = this;
    // Requests that were under way at the ejection still come home, and are the old evidence over again.
    if (!settings.on.has(cause) || this.ejected(now) !== null) return null;
    this.run++;
    this.hasBadAnswer ||= isAnswer(cause);
    window.add(true, now);
    if (this.run >= settings.consecutive) return { rule: 'consecutive', failures: this.run, cause };
    const requests = window.total(now);
    const failures = window.markedTotal(now);
    const isTooMany = requests >= settings.min_requests && failures >= requests * settings.failure_share;
    return isTooMany ? { rule: 'share', failures, requests, cause } : null;
  }

  eject(reason: OutlierReason, now: Millis): Ejection {
    const { settings } = this;
    this.forgetQuietTime(now);
    this.count++;
    const time = Math.min(settings.max_time, settings.base_time * this.count);
    this.ejection = { since: now, until: millis(now + time), count: this.count, reason };
    this.quietSince = this.ejection.until;
    this.run = 0;
    this.window.clear();
    return this.ejection;
  }

  /** The ejection that holds now, if any. */
  ejected(now: Millis): Ejection | null {
    if (this.ejection !== null && now >= this.ejection.until) this.end(this.ejection.until);
    return this.ejection;
  }

  /**
   * A probe that began at `probeStart` has passed. True: it ended the ejection. It does so only where it asks the same
   * question: a health page that answers says nothing against bad answers to real requests.
   */
  probePassed(probeStart: Millis, now: Millis): boolean {
    const ejection = this.ejected(now);
    if (ejection === null || this.hasBadAnswer || probeStart < ejection.since) return false;
    this.end(now);
    return true;
  }

  private end(at: Millis): void {
    this.ejection = null;
    this.hasBadAnswer = false;
    this.quietSince = at;
  }

  private forgetQuietTime(now: Millis): void {
    const forgotten = Math.max(0, Math.floor((now - this.quietSince) / this.settings.quiet_time));
    this.count = Math.max(0, this.count - forgotten);
  }
}

const CAUSES: Partial<Readonly<Record<FailureCode, OutlierCause>>> = {
  'connect-refused': 'connect',
  'connect-failed': 'connect',
  'connect-timeout': 'connect',
  'tls-failed': 'connect',
  reset: 'reset',
  'first-byte-timeout': 'timeout',
  'response-idle': 'timeout',
  'request-stalled': 'timeout',
  'response-malformed': 'malformed',
  'response-cut': 'malformed',
};

/** What a failed attempt is held for; null: nothing that speaks against the backend. */
export function outlierCauseOf(code: FailureCode): OutlierCause | null {
  return CAUSES[code] ?? null;
}

/** The reason in one line. */
export function describeOutlier(reason: OutlierReason): string {
  const latest = `the latest: ${reason.cause}`;
  if (reason.rule === 'consecutive') return `${reason.failures} bad results in a row, ${latest}`;
  return `${reason.failures} of ${reason.requests} results bad, ${latest}`;
}

/** How a pool stands, for the decision about one of its eligible backends. */
export type PoolStanding = { readonly size: number; readonly ejected: number; readonly eligible: number };

/** Whether one more may be ejected: never beyond the share (of two or more at least one), and never the last. */
export function mayEject(pool: PoolStanding, maxShare: Share): boolean {
  if (maxShare === 0 || pool.eligible < 2) return false;
  return pool.ejected < Math.max(1, Math.floor(pool.size * maxShare));
}

/** True for what a backend did by answering: then it is there, and a probe that passes is no contradiction. */
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
