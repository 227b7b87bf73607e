// A tenant that lives in the gateway. It comes with the first plan that names it and goes with the last; in between, one
// plan after another changes it in place, so that its pool, its connections and all that is known of its backends go on.
import type { Balancer, BalancerKind } from '../balance/contract.ts';
import { Quantile } from '../core/quantile.ts';
import type { AddressBook } from '../discovery/address-book.ts';
import type { Names } from '../discovery/names.ts';
import type { Site, Tenant, TenantRetry } from '../forward/snapshot.ts';
import { ascii } from '../message/bytes.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { BalancePlan, BalancerOptions, RetryPlan, TenantPlan } from '../plan/plan.ts';
import { type PolicyMaker, closeMissing } from '../policies/lists.ts';
import { Members } from '../pools/members.ts';
import { Pool, type PoolTools } from '../pools/pool.ts';
import { RetryBudget } from '../pools/retry-budget.ts';
import type { CreateBalancer } from '../pools/roster.ts';

/** What tenants are made with. */
export type ResidentTools = PoolTools & {
  readonly discovery: Names;
  readonly book: AddressBook;
  readonly balancers: readonly BalancerKind<BalancerOptions>[];
  readonly policies: PolicyMaker;
};

/** A tenant as one plan has it, made and not yet at work. */
export type Version = {
  readonly plan: TenantPlan;
  readonly tenant: Tenant;
  readonly balancer: Balancer;
};

export class Resident implements Site {
  current: Tenant;

  private constructor(
    private version: Version,
    private readonly tools: ResidentTools,
  ) {
    this.current = version.tenant;
  }

  /** Makes a tenant that is not at work yet: nothing of it is watched or probed. */
  static of(plan: TenantPlan, tools: ResidentTools): Resident {
    const pool = new Pool(plan.pool, balancerOf(plan.balance, tools), tools);
    const members = new Members(pool, tools.discovery, tools.book);
    const { budget, hedgeAfter } = plan.retry;
    const hedge = hedgeAfter === null ? null : new Quantile(hedgeAfter);
    const retry = retryOf(plan.retry, new RetryBudget(budget, { numbers: pool.numbers, wheel: tools.wheel }), hedge);
    const tenant = tenantOf(plan, { pool, members, retry, policies: tools.policies.make(plan.name, plan.policies) });
    return new Resident({ plan, tenant, balancer: pool.balancer }, tools);
  }

  /** What it is at the moment, to come back to. */
  get present(): Version {
    return this.version;
  }

  /** Makes what another plan wants of it. Nothing changes by it, so that it may fail. */
  prepare(plan: TenantPlan): Version {
    const { version, tools } = this;
    const { pool, members, retry, policies: present } = version.tenant;
    const keepsBalancer = isSameData(plan.balance, version.plan.balance);
    const balancer = keepsBalancer ? version.balancer : pool.newBalancer(balancerOf(plan.balance, tools));
    const hedge = nextHedge(version, plan.retry);
    const policies = isSameData(plan.policies, version.plan.policies)
      ? present
      : tools.policies.make(plan.name, plan.policies, present);
    const tenant = tenantOf(plan, { pool, members, retry: retryOf(plan.retry, retry.budget, hedge), policies });
    return { plan, tenant, balancer };
  }

  /** Puts it to work. Requests that wait, connections, counters and measures go on. */
  takeOver(next: Version): void {
    const { pool, members, retry, policies } = next.tenant;
    closeMissing(this.current.policies, policies);
    this.version = next;
    this.current = next.tenant;
    // What has been spent stays spent.
    retry.budget.reconfigure(next.plan.retry.budget);
    pool.reconfigure(next.plan.pool, next.balancer);
    members.use(next.plan.services);
  }

  /** Begins: its names are watched and its backends probed. */
  open(): void {
    this.current.members.use(this.version.plan.services);
  }

  /** Ends: nobody is led here any more. What is in flight goes on to its end, and who waits is told that it is in vain. */
  close(): void {
    closeMissing(this.current.policies, null);
    this.current.members.use([]);
    this.current.pool.close();
  }
}

type Living = Pick<Tenant, 'pool' | 'members' | 'retry' | 'policies'>;

function tenantOf(plan: TenantPlan, living: Living): Tenant {
  return {
    ...living,
    name: plan.name,
    domains: plan.domains,
    prefixes: plan.prefixes,
    paths: plan.paths,
    listeners: plan.listeners,
    exchangeTimeout: plan.exchangeTimeout,
    requestBuffer: plan.requestBuffer,
    bodyBytes: plan.bodyBytes,
    passesTrailers: plan.passesTrailers,
    mapsBack: plan.mapsBack,
    ways: null,
    allowedClaims: plan.allowedClaims.length === 0 ? null : plan.allowedClaims.map(ascii),
  };
}

function retryOf(plan: RetryPlan, budget: RetryBudget, hedge: Quantile | null): TenantRetry {
  const { hedgeAfter: _, ...settings } = plan;
  return { ...settings, budget, hedge };
}

// Measured for one share, it says nothing of another.
function nextHedge({ plan, tenant }: Version, { hedgeAfter }: RetryPlan): Quantile | null {
  if (hedgeAfter === null) return null;
  return hedgeAfter === plan.retry.hedgeAfter ? tenant.retry.hedge : new Quantile(hedgeAfter);
}

function balancerOf({ type, options }: BalancePlan, { balancers }: ResidentTools): CreateBalancer {
  const kind = balancers.find((candidate) => candidate.type === type);
  if (kind === undefined) throw new Error(`there is no balancer ${type}`);
  return (tools) => kind.create(options, tools);
}
