// The failure of a request for which no backend is eligible, with the reasons.
import { type Failure, failureBecause } from '../core/failure.ts';

// Enough to see what is wrong; a list of a thousand backends would not help.
const SHOWN = 5;

/** `count`: how many backends there are, and names that lead to none. `reason`: that of each, from 0. */
export function noneEligible(tenant: string, count: number, reason: (at: number) => string): Failure {
  if (count === 0) return failureBecause('none-eligible', `Tenant ${tenant} has no backends.`);
  const reasons = Array.from({ length: Math.min(count, SHOWN) }, (_, at) => reason(at));
  const shown = reasons.join('; ') + (count > SHOWN ? `; and ${count - SHOWN} more` : '');
  return failureBecause('none-eligible', `No backend of tenant ${tenant} can take the request: ${shown}.`);
}
