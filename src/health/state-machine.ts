// The health of one backend: a pure decision over evidence. Nobody else says what is healthy.
import { type Millis, millis } from '../core/units.ts';
import type { Schedule } from './contract.ts';

/** Why a state is what it is. */
export type Evidence = {
  /** `probe`: a check asked. `traffic`: a request could not connect. */
  readonly kind: 'probe' | 'traffic';
  readonly passed: boolean;
  /** One line: a status, an error. */
  readonly detail: string;
  /** How long it took; null where that says nothing. */
  readonly duration: Millis | null;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** `contradictions`: results in a row that speak against the state. */
export type HealthState =
  | { readonly health: 'unknown' }
  | { readonly health: 'healthy'; readonly since: number; readonly evidence: Evidence; readonly contradictions: number }
  | {
      readonly health: 'unhealthy';
      readonly since: number;
      readonly evidence: Evidence;
      readonly contradictions: number;
    };

/** Before the first verdict. */
export const UNKNOWN: HealthState = { health: 'unknown' };

/** How many results in a row flip the state. */
export type Thresholds = Pick<Schedule, 'rise' | 'fall'>;

/** The state after one more piece of evidence. The first verdict decides at once. */
export function observe(state: HealthState, evidence: Evidence, thresholds: Thresholds): HealthState {
  const verdict = evidence.passed ? 'healthy' : 'unhealthy';
  if (state.health === 'unknown') return { health: verdict, since: evidence.at, evidence, contradictions: 0 };
  if (state.health === verdict) return state.contradictions === 0 ? state : { ...state, contradictions: 0 };
  const contradictions = state.contradictions + 1;
  const needed = verdict === 'healthy' ? thresholds.rise : thresholds.fall;
  if (contradictions < needed) return { ...state, contradictions };
  return { health: verdict, since: evidence.at, evidence, contradictions: 0 };
}

const JITTER = 0.1;

/** The wait before the next probe: short while a verdict is in doubt or a return is hoped for. `random` in [0, 1). */
export function nextProbeDelay(state: HealthState, schedule: Schedule, random: number): Millis {
  const isSettled = state.health === 'healthy' && state.contradictions === 0;
  const base = isSettled ? schedule.interval : Math.min(schedule.interval, schedule.fast_interval);
  return millis(base * (1 - JITTER + 2 * JITTER * random));
}

/** The evidence in one line: `status 503 after 12 ms`. */
export function describeEvidence(evidence: Evidence): string {
  const origin = evidence.kind === 'probe' ? 'health check' : 'request';
  const time = evidence.duration === null ? '' : ` after ${Math.round(evidence.duration)} ms`;
  return `${origin}: ${evidence.detail}${time}`;
}
