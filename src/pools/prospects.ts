// Whether a request that finds no backend may find one before long, from how the backends of its pool stand.
import type { Clock } from '../core/clock.ts';
import { millis } from '../core/units.ts';
import type { Backend } from './backend.ts';
import type { Unresolved } from './none-eligible.ts';

type Now = Pick<Clock, 'now'>;

// About as long as a program takes to start again. A request may wait for it that long, and one that waits in vain is
// not kept for much longer.
const MOMENT = millis(1000);

/** No name has led to a backend yet: that is the reason why nobody can answer, not that all are busy. */
export function lacksNames(backends: readonly Backend[], unresolved: readonly Unresolved[]): boolean {
  return unresolved.length > 0 && backends.every(({ obstacle }) => obstacle === 'unresolved');
}

/** True if waiting may help: a verdict is still out, or all are only busy (or were a moment ago, and other processes
 * wanted the same place), or one was lost just now and may be about to return, as in a restart. */
export function isWorthWaiting(backends: readonly Backend[], unresolved: readonly Unresolved[], clock: Now): boolean {
  if (unresolved.some((name) => name.isPending())) return true;
  return backends.some((backend) => {
    const { obstacle } = backend;
    if (obstacle === null) return true;
    return obstacle === 'unknown' || obstacle === 'full' || (obstacle === 'unhealthy' && isJustLost(backend, clock));
  });
}

/** A backend that refuses connections now may take them again before long: probes have found it well lately. */
export function mayRecover(backends: readonly Backend[], clock: Now): boolean {
  return backends.some((backend) => backend.isHealthy || isJustLost(backend, clock));
}

/** It was healthy until a moment ago. */
function isJustLost(backend: Backend, clock: Now): boolean {
  const elapsed = backend.lostFor(clock.now());
  return elapsed !== null && elapsed < MOMENT;
}
