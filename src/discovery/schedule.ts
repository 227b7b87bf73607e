// Decides when a name is resolved again.
import { type Millis, millis } from '../core/units.ts';
import type { DiscoverySpec } from './contract.ts';

// So that names that were all resolved at the start drift apart.
const JITTER = 0.1;
const FIRST_RETRY = millis(1000);

/** The time until the next round: from `minTtl` to `maxTtl`, and above by the jitter if both are equal. `failures`: rounds
 * in a row with a problem; `random`: in [0, 1). */
export function nextDelay(
  spec: Pick<DiscoverySpec, 'minTtl' | 'maxTtl'>,
  ttl: Millis | null,
  failures: number,
  random: number,
): Millis {
  const wanted = failures > 0 ? FIRST_RETRY * 2 ** (failures - 1) : (ttl ?? spec.minTtl);
  // The jitter only adds: before its TTL is over, a server's cache would give the old answer again.
  const base = Math.max(spec.minTtl, Math.min(wanted, spec.maxTtl / (1 + JITTER)));
  return millis(base * (1 + JITTER * random));
}
