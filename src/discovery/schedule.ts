// When a name is asked for again.
import { type Millis, millis } from '../core/units.ts';
import type { DiscoverySpec } from './contract.ts';

// Names that were asked for together, at the start, drift apart.
const JITTER = 0.1;
const FIRST_RETRY = millis(1000);

/** The time until the next round. `failures`: rounds in a row with a problem; `random`: in [0, 1). Between the floor and
 * the ceiling, but for the jitter where both are the same. */
export function nextDelay(
  spec: Pick<DiscoverySpec, 'minTtl' | 'maxTtl'>,
  ttl: Millis | null,
  failures: number,
  random: number,
): Millis {
  const wanted = failures > 0 ? FIRST_RETRY * 2 ** (failures - 1) : (ttl ?? spec.minTtl);
  // The jitter only ever adds: a question shortly before the TTL is over gets the old answer again.
  const base = Math.max(spec.minTtl, Math.min(wanted, spec.maxTtl / (1 + JITTER)));
  return millis(base * (1 + JITTER * random));
}
