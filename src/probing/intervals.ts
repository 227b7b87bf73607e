// How long to wait from one probe to the next: a pure decision over the state and the schedule.
import { type Millis, millis } from '../core/units.ts';
import type { HealthState } from '../standing/state-machine.ts';
import type { Schedule } from './contract.ts';

/** From the start of a probe to the start of the next: short while the state is in doubt, or the backend may come back. */
export function probeInterval(state: HealthState, schedule: Schedule): Millis {
  // A fast interval longer than the normal one is a mistake, and must not make probes slower.
  const fast = millis(Math.min(schedule.fast_interval, schedule.interval));
  switch (state.health) {
    case 'unknown':
      return fast;
    case 'healthy':
      return state.contradictions > 0 ? fast : schedule.interval;
    case 'unhealthy':
      return state.contradictions > 0 ? fast : (schedule.down_interval ?? fast);
  }
}

// More frequent probes would add to the backend's load.
const SHORTEST = 100;

/**
 * The interval for a backend that has been down for `elapsed`. Most outages are restarts, so the next probe comes after
 * half the time that it has been down. The scheduler limits how many such probes run.
 */
export function earlyInterval(elapsed: Millis): Millis {
  return millis(Math.max(SHORTEST, elapsed / 2));
}

const JITTER = 0.1;

/** The interval with jitter. Without it, probes that once ran together would do so for ever. `random` in [0, 1). */
export function withJitter(interval: Millis, random: number): Millis {
  return millis(interval * (1 - JITTER + 2 * JITTER * random));
}
