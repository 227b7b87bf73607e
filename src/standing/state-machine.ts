// The health of one backend: a pure decision over evidence, and the only place where health is decided.
import type { Millis } from '../core/units.ts';

/** Why a state is what it is. */
export type Evidence = {
  /** `probe`: a check asked. `traffic`: a request could not connect, which counts like a failed probe. */
  readonly kind: 'probe' | 'traffic';
  readonly passed: boolean;
  /** One line: a status, an error. Never a secret. */
  readonly detail: string;
  /** How long it took; null: it was not measured. */
  readonly duration: Millis | null;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** `contradictions`: how many results in a row contradict the state; `fromTraffic`: how many of these came from
 * requests, not from probes. */
export type HealthState =
  | { readonly health: 'unknown' }
  | {
      readonly health: 'healthy';
      readonly since: number;
      readonly evidence: Evidence;
      readonly contradictions: number;
      readonly fromTraffic: number;
    }
  | {
      readonly health: 'unhealthy';
      readonly since: number;
      /** It had been healthy before. */
      readonly wasHealthy: boolean;
      readonly evidence: Evidence;
      readonly contradictions: number;
    };

/** What probes have found. */
export type Verdict = Exclude<HealthState, { readonly health: 'unknown' }>;

const EARLIER = 'before the restart: ';

/** A verdict of an earlier process, which the first evidence of this one confirms or replaces. */
export function recalled(verdict: Verdict): Verdict {
  const { evidence } = verdict;
  const detail = evidence.detail.startsWith(EARLIER) ? evidence.detail : EARLIER + evidence.detail;
  const known = { ...verdict, contradictions: 0, evidence: { ...evidence, detail } };
  return known.health === 'healthy' ? { ...known, fromTraffic: 0 } : known;
}

/** Before the first verdict. */
export const UNKNOWN: HealthState = { health: 'unknown' };

/** How many results in a row flip the state. */
export type Thresholds = { readonly rise: number; readonly fall: number };

/**
 * The `rise` that counts: in a pool in need, of which fewer than half are eligible, one good probe is enough. If that held
 * only for a pool that has none, the first backend to come back would get the load of all, and be overrun before a second
 * one can help.
 */
export function riseFor(rise: number, eligible: number, size: number): number {
  return eligible * 2 < size ? 1 : rise;
}

/** The state after one more piece of evidence. The first verdict decides at once. */
export function observe(state: HealthState, evidence: Evidence, thresholds: Thresholds): HealthState {
  switch (state.health) {
    case 'unknown':
      return evidence.passed ? healthy(evidence) : unhealthy(evidence, false);
    case 'healthy': {
      if (evidence.passed) return state.contradictions === 0 ? state : { ...state, contradictions: 0, fromTraffic: 0 };
      const contradictions = state.contradictions + 1;
      if (contradictions >= thresholds.fall) return unhealthy(evidence, true);
      return { ...state, contradictions, fromTraffic: state.fromTraffic + (evidence.kind === 'traffic' ? 1 : 0) };
    }
    case 'unhealthy': {
      // The latest failure is kept as the reason: the backend may be down for another reason by now than at first.
      if (!evidence.passed) return { ...state, evidence, contradictions: 0 };
      const contradictions = state.contradictions + 1;
      return contradictions >= thresholds.rise ? healthy(evidence) : { ...state, contradictions };
    }
  }
}

/**
 * The state after a served request: the failures that other requests met count no more, but those of probes do. Returns the
 * same object where nothing changes, so that a request pays for one comparison only.
 */
export function observeServed(state: HealthState): HealthState {
  if (state.health !== 'healthy' || state.fromTraffic === 0) return state;
  return { ...state, contradictions: state.contradictions - state.fromTraffic, fromTraffic: 0 };
}

/** The evidence in one line: `health check: status 503 after 12ms`. */
export function describeEvidence(evidence: Evidence): string {
  const origin = evidence.kind === 'probe' ? 'health check' : 'request';
  const time = evidence.duration === null ? '' : ` after ${Math.round(evidence.duration)}ms`;
  return `${origin}: ${evidence.detail}${time}`;
}

function healthy(evidence: Evidence): HealthState {
  return { health: 'healthy', since: evidence.at, evidence, contradictions: 0, fromTraffic: 0 };
}

function unhealthy(evidence: Evidence, wasHealthy: boolean): HealthState {
  return { health: 'unhealthy', since: evidence.at, wasHealthy, evidence, contradictions: 0 };
}
