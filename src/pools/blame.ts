// What a pool knows of a failed attempt that decides whether its backend is to blame.
import type { Failure } from '../core/failure.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Millis } from '../core/units.ts';
import type { PoolPlan } from '../plan/pool-plan.ts';
import type { Witness } from '../standing/witness.ts';
import type { Backend } from './backend.ts';

// The wheel's time is behind the clock's by up to a tick, when an attempt begins and when it ends.
const CLOCK_SLACK = 2;

type Limits = Pick<PoolPlan, 'firstByteTimeout' | 'streamIdleTimeout'>;

/** Whether not a byte has come from the backend while a request waited in vain. Only then a late byte says something about
 * the backend and not about the page. `waited`: since the attempt began. */
export function wasSilent(
  { transport }: Backend,
  why: Failure,
  waited: Millis,
  { firstByteTimeout, streamIdleTimeout }: Limits,
  { now, tick }: TimerWheel,
): boolean {
  const late = why.code === 'first-byte-timeout' ? Math.min(waited, firstByteTimeout) : streamIdleTimeout;
  return (now - transport.heardAt + CLOCK_SLACK) * tick >= late;
}

export function witnessOf(backend: Backend, client: string, waited: Millis, { now, tick }: TimerWheel): Witness {
  return { client, waited, servesOthers: backend.servedClients.hasOtherThan(client, now, tick) };
}
