// Whether a backend may receive a request now, and if not, the one reason. Status output, admin API, log and the body
// of a 503 all print this reason.
import { type Millis, countOf, formatDuration, millis } from '../core/units.ts';
import { type Ejection, describeOutlier } from './outlier.ts';
import { type Evidence, type HealthState, describeEvidence } from './state-machine.ts';

/** What people have decided about a backend. `since`: milliseconds since 1970. */
export type Admission =
  | { readonly state: 'open' }
  /** `until`: milliseconds since 1970; what is still open then is cut off. Null: nothing is ever cut. */
  | { readonly state: 'draining'; readonly since: number; readonly until: number | null }
  | { readonly state: 'disabled'; readonly since: number };

export const OPEN: Admission = { state: 'open' };

/** All that its standing depends on. Whether it is full is not among it: only the pool knows that. */
export type EligibilityFacts = {
  readonly admission: Admission;
  /** Why its name has no addresses, as a line; null: it has, or needs none. */
  readonly nameProblem: string | null;
  /** What the backend asks for itself, as a line; null: nothing that keeps requests away. */
  readonly withdrawal: string | null;
  /** Null: the backend has no check, and is eligible from the start. */
  readonly health: HealthState | null;
  readonly ejection: Ejection | null;
  /** How many requests a draining backend still has. */
  readonly left: number;
};

/** Why a backend may receive no request now, apart from its own load. */
export type Ineligibility =
  | { readonly reason: 'disabled'; readonly since: number }
  | { readonly reason: 'draining'; readonly until: number | null; readonly left: number }
  | { readonly reason: 'unresolved'; readonly detail: string }
  | { readonly reason: 'unhealthy'; readonly since: number; readonly evidence: Evidence }
  | { readonly reason: 'withdrawn'; readonly detail: string }
  | { readonly reason: 'ejected'; readonly ejection: Ejection }
  | { readonly reason: 'unknown' };

const UNKNOWN_YET: Ineligibility = { reason: 'unknown' };

/**
 * Null: eligible, unless it is full. Where there are several reasons, the most lasting one is given: an operator's decision,
 * then that nobody can connect, what probes saw, what the backend asked for, what traffic met, and last what passes by
 * itself.
 */
export function ineligibility(facts: EligibilityFacts): Ineligibility | null {
  const { admission, nameProblem, withdrawal, health, ejection } = facts;
  switch (admission.state) {
    case 'disabled':
      return { reason: 'disabled', since: admission.since };
    case 'draining':
      return { reason: 'draining', until: admission.until, left: facts.left };
    case 'open':
  }
  if (nameProblem !== null) return { reason: 'unresolved', detail: nameProblem };
  if (health?.health === 'unhealthy') return { reason: 'unhealthy', since: health.since, evidence: health.evidence };
  if (withdrawal !== null) return { reason: 'withdrawn', detail: withdrawal };
  if (ejection !== null) return { reason: 'ejected', ejection };
  return health?.health === 'unknown' ? UNKNOWN_YET : null;
}

/** The time by both clocks: `wall` for times that people see, `now` for what ends by itself. */
export type Moment = { readonly now: Millis; readonly wall: number };

/** One line for people. */
export function describeIneligibility(why: Ineligibility, moment: Moment): string {
  switch (why.reason) {
    case 'disabled':
      return `disabled by an operator ${span(moment.wall - why.since)} ago`;
    case 'draining':
      return `draining: ${countOf(why.left, 'request')} left${why.until === null ? '' : `, ${span(why.until - moment.wall)} for them`}`;
    case 'unresolved':
      return `name not resolved: ${why.detail}`;
    case 'unhealthy':
      return `unhealthy for ${span(moment.wall - why.since)}: ${describeEvidence(why.evidence)}, ${span(moment.wall - why.evidence.at)} ago`;
    case 'withdrawn':
      return `no new requests: ${why.detail}`;
    case 'ejected':
      return `ejected for ${span(why.ejection.until - moment.now)} more: ${describeEjection(why.ejection)}`;
    case 'unknown':
      return 'not probed yet';
  }
}

/** What an ejection rests on, in one line. */
function describeEjection({ reason, count }: Ejection): string {
  return describeOutlier(reason) + (count === 1 ? '' : `; ejection number ${count}`);
}

// Whole seconds from one second on: a line that changes less often is easier to read and to compare.
function span(length: number): string {
  const positive = Math.max(0, length);
  if (positive < 1000) return formatDuration(millis(Math.round(positive)));
  const seconds = Math.round(positive / 1000);
  return seconds < 120 ? `${seconds}s` : formatDuration(millis(Math.round(seconds / 60) * 60_000));
}
