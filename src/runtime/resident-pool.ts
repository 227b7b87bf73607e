// A pool that lives in the gateway, as long as its tenant has it by its name: its connections and all that is known of its
// backends go on from one plan to the next.
import type { Share } from '../admit/share.ts';
import type { Balancer, BalancerKind } from '../balance/contract.ts';
import { Quantile } from '../core/quantile.ts';
import type { AddressBook } from '../discovery/address-book.ts';
import type { Names } from '../discovery/names.ts';
import type { TenantPool, TenantRetry } from '../forward/snapshot.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { BalancePlan, BalancerOptions, PoolSettings, RetryPlan } from '../plan/pool-plan.ts';
import { Members } from '../pools/members.ts';
import { Pool, type PoolTools } from '../pools/pool.ts';
import { RetryBudget } from '../pools/retry-budget.ts';
import type { CreateBalancer } from '../pools/roster.ts';

/** What pools are made with. */
export type ResidentPoolTools = PoolTools & {
  readonly discovery: Names;
  readonly book: AddressBook;
  readonly balancers: readonly BalancerKind<BalancerOptions>[];
};

/** A pool as one plan has it, made and not yet at work. */
export type PoolVersion = {
  readonly plan: PoolSettings;
  readonly served: TenantPool;
  readonly balancer: Balancer;
};

/** Makes a pool that is not at work yet: nothing of it is watched or probed. `share`: of its tenant. */
export function newPool(plan: PoolSettings, share: Share, tools: ResidentPoolTools): PoolVersion {
  const pool = new Pool(plan.pool, balancerOf(plan.balance, tools), tools, share);
  const members = new Members(pool, tools.discovery, tools.book);
  const { budget, hedgeAfter } = plan.retry;
  const hedge = hedgeAfter === null ? null : new Quantile(hedgeAfter);
  const retry = retryOf(plan.retry, new RetryBudget(budget, { numbers: pool.numbers, wheel: tools.wheel }), hedge);
  return { plan, served: servedBy(plan, { pool, members, retry }), balancer: pool.balancer };
}

/** Makes what another plan wants of a pool. Nothing changes by it, so that it may fail. */
export function nextVersion(present: PoolVersion, plan: PoolSettings, tools: ResidentPoolTools): PoolVersion {
  const { pool, members, retry } = present.served;
  const keepsBalancer = isSameData(plan.balance, present.plan.balance);
  const balancer = keepsBalancer ? present.balancer : pool.newBalancer(balancerOf(plan.balance, tools));
  const next = retryOf(plan.retry, retry.budget, nextHedge(present, plan.retry));
  return { plan, served: servedBy(plan, { pool, members, retry: next }), balancer };
}

/** Puts it to work, whether its pool is new or has been at work. Requests that wait, connections, counters and measures go
 * on. */
export function putToWork({ plan, served, balancer }: PoolVersion): void {
  const { pool, members, retry } = served;
  // What has been spent stays spent.
  retry.budget.reconfigure(plan.retry.budget);
  pool.reconfigure(plan.pool, balancer);
  members.use(plan.services);
}

/** Ends it: nobody is led there any more. What is in flight goes on to its end, and who waits is told that it is in vain. */
export function closePool({ served: { pool, members } }: PoolVersion): void {
  members.use([]);
  pool.close();
}

type Living = Pick<TenantPool, 'pool' | 'members' | 'retry'>;

function servedBy({ exchangeTimeout, requestBuffer }: PoolSettings, living: Living): TenantPool {
  return { ...living, exchangeTimeout, requestBuffer };
}

function retryOf(plan: RetryPlan, budget: RetryBudget, hedge: Quantile | null): TenantRetry {
  const { attempts, conditions, statuses, back_off, perTryTimeout, watchesTime, trustsKeys, replayBytes } = plan;
  const settings = { attempts, conditions, statuses, back_off, perTryTimeout, watchesTime, trustsKeys, replayBytes };
  return { ...settings, budget, hedge };
}

// Measured for one share, it says nothing of another.
function nextHedge({ plan, served }: PoolVersion, { hedgeAfter }: RetryPlan): Quantile | null {
  if (hedgeAfter === null) return null;
  return hedgeAfter === plan.retry.hedgeAfter ? served.retry.hedge : new Quantile(hedgeAfter);
}

function balancerOf({ type, options }: BalancePlan, { balancers }: ResidentPoolTools): CreateBalancer {
  for (const kind of balancers) if (kind.type === type) return (tools) => kind.create(options, tools);
  throw new Error(`there is no balancer ${type}`);
}
