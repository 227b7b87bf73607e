// The failure of a request that no backend takes, with the reasons.
import { type Failure, failureBecause } from '../core/failure.ts';
import { formatDuration } from '../core/units.ts';
import type { PoolPlan } from '../plan/pool-plan.ts';
import type { Backend } from './backend.ts';

// Enough to see what is wrong; a list of a thousand backends would not help.
const SHOWN = 5;

/** Why a request is not served. `none-eligible`: waiting would not help; `queue-full`, `queue-timeout`: it was to wait. */
export type NoneCode = 'none-eligible' | 'queue-full' | 'queue-timeout';

/** A name that should lead to backends, or to one, and does not yet. */
export type Unresolved = {
  /** The first answer is still to come. */
  isPending(): boolean;
  /** Null: its backend says so itself. */
  describe(): string | null;
  /** Somebody needs it: it is asked for again as soon as it may be. */
  hasten(): void;
};

type Limits = Pick<PoolPlan, 'tenant' | 'pool' | 'maxQueue' | 'queueTimeout'>;

/** `reasons`: for each backend, and each name that leads to none, what tells why. Only those that are shown are asked. */
export function noneEligible(code: NoneCode, limits: Limits, reasons: readonly (() => string)[]): Failure {
  const count = reasons.length;
  if (count === 0) return failureBecause(code, `${titleOf(limits)} has no backends.`);
  const told = reasons.slice(0, SHOWN).map((tell) => tell());
  const shown = told.join('; ') + (count > SHOWN ? `; and ${count - SHOWN} more` : '');
  return failureBecause(code, `${beginning(code, limits)}: ${shown}.`);
}

/** Why a backend that may get requests gets none now; null: it does. */
export function fullness({ isEligible, maxRequests }: Backend): string | null {
  if (isEligible) return null;
  return `full: it has all ${maxRequests} requests that max_requests or pool.max_connections allows`;
}

function titleOf({ tenant, pool }: Limits): string {
  return pool === null ? `Tenant ${tenant}` : `Pool ${pool} of tenant ${tenant}`;
}

function beginning(code: NoneCode, limits: Limits): string {
  const { maxQueue, queueTimeout } = limits;
  const owner = titleOf(limits).replace(/^[TP]/, (letter) => letter.toLowerCase());
  switch (code) {
    case 'none-eligible':
      return `No backend of ${owner} can take the request`;
    case 'queue-full':
      return `As many requests of ${owner} wait as pool.max_queue (${maxQueue}) lets wait`;
    case 'queue-timeout':
      return `No backend of ${owner} took the request within timeouts.queue (${formatDuration(queueTimeout)})`;
  }
}
