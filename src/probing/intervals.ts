// How long to wait from one probe to the next: a pure decision over the state and the schedule.
import { type Millis, millis } from '../core/units.ts';
import type { HealthState } from '../standing/state-machine.ts';
import type { Schedule } from './contract.ts';

/** From the start of a probe to the start of the next: short while the state is in doubt or a return is hoped for. */
export function probeInterval(state: HealthState, schedule: Schedule): Millis {
  // A fast interval that is longer than the normal one is a mistake that must not slow anything down.
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

// Anything shorter would be a part of the load.
const SHORTEST = 100;

/**
 * The same for a backend that has been down for `elapsed`, where there is room for such probes: most outages are
 * restarts, so it is asked again after half the time that it has been down.
 */
export function earlyInterval(elapsed: Millis): Millis {
  return millis(Math.max(SHORTEST, elapsed / 2));
}

const JITTER = 0.1;

/** The interval with its jitter: without it probes that once met stay together for ever. `random` in [0, 1). */
export function withJitter(interval: Millis, random: number): Millis {
  return millis(interval * (1 - JITTER + 2 * JITTER * random));
}
