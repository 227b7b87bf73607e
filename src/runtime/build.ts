// Makes tenants at work of a plan. What is known of a backend is carried over where its identity is the same.
import type { BalancerKind } from '../balance/contract.ts';
import { balancers } from '../balance/registry.ts';
import { roundRobin } from '../balance/round-robin.ts';
import { Quantile } from '../core/quantile.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { Destination, Snapshot, Tenant, TenantRetry } from '../forward/snapshot.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import { fingerprintOf } from '../plan/fingerprint.ts';
import type { BalancePlan, BalancerOptions, Plan, RetryPlan, TenantPlan } from '../plan/plan.ts';
import { Members } from '../pools/members.ts';
import { poolOptions } from '../pools/pool-options.ts';
import { type CreateBalancer, Pool, type PoolMaking } from '../pools/pool.ts';
import { RetryBudget } from '../pools/retry-budget.ts';
import { Router } from '../route/router.ts';

export type BuildSurroundings = PoolMaking & {
  readonly discovery: Discovery;
  /** Signs cookies where the configuration names no secret. */
  readonly affinitySecret: string;
  /** Answers below the admin base path. */
  readonly admin: LocalHandler;
};

/** Builds the next snapshot and opens its pools. `before`: the one in force, whose backends and waiting requests it takes
 * over; null at the start. */
export function buildSnapshot(plan: Plan, before: Snapshot | null, around: BuildSurroundings): Snapshot {
  const rules = plan.tenants.reduce((count, tenant) => count + Math.max(1, tenant.domains.length), 0);
  const router = new Router<Destination>(rules);
  router.reserve(plan.gateway.admin.basePath, { kind: 'local', handler: around.admin, allowsTrace: false });
  const known = new Map(before?.tenants.map((tenant) => [tenant.name, tenant]));
  const tenants = plan.tenants.map((tenant) => buildTenant(tenant, known.get(tenant.name) ?? null, around));
  for (const [at, tenant] of tenants.entries()) addRoutes(router, plan.tenants[at], tenant);
  const snapshot: Snapshot = { router, tenants };
  openPools(plan, tenants, known, around);
  return snapshot;
}

function buildTenant(plan: TenantPlan, before: Tenant | null, around: BuildSurroundings): Tenant {
  const pool =
    before?.pool ?? new Pool(poolOptions(plan.pool, around.affinitySecret), balancerOf(plan.balance), around);
  return {
    name: plan.name,
    domains: plan.domains,
    pathPrefix: plan.pathPrefix,
    pool,
    balance: fingerprintOf(plan.balance),
    members: new Members(plan.services, pool, around.discovery),
    retry: tenantRetry(plan.retry, before),
    exchangeTimeout: plan.exchangeTimeout,
    requestBuffer: plan.requestBuffer,
    bodyBytes: plan.bodyBytes,
    passesTrailers: plan.passesTrailers,
    compression: plan.compression,
  };
}

// What has been spent stays spent over a reload.
function tenantRetry({ budget, hedgeAfter, ...settings }: RetryPlan, before: Tenant | null): TenantRetry {
  return {
    ...settings,
    budget: before?.retry.budget.withSettings(budget) ?? new RetryBudget(budget),
    hedge: hedgeAfter === null ? null : (before?.retry.hedge ?? new Quantile(hedgeAfter)),
  };
}

function balancerOf({ type, options }: BalancePlan): CreateBalancer {
  const kinds: readonly BalancerKind<BalancerOptions>[] = balancers;
  const kind = kinds.find((candidate) => candidate.type === type) ?? roundRobin;
  return (tools) => kind.create(options, tools);
}

function addRoutes(router: Router<Destination>, plan: TenantPlan, tenant: Tenant): void {
  const prefix = plan.pathPrefix;
  const strip = prefix === null ? 0 : prefix.length - 1;
  const hosts = plan.domains.length === 0 ? [null] : plan.domains;
  const destination: Destination = { kind: 'tenant', tenant, strip, allowsTrace: plan.allowsTrace };
  for (const host of hosts) router.add({ host, prefix }, destination);
}

// Nothing is shared between tenants, even where two name the same address. The new names are watched before the old
// ones are left, so that what is known of them is kept.
function openPools(
  plan: Plan,
  tenants: readonly Tenant[],
  before: ReadonlyMap<string, Tenant>,
  around: BuildSurroundings,
): void {
  for (const [at, tenant] of tenants.entries()) {
    const old = before.get(tenant.name);
    const { pool, balance } = plan.tenants[at];
    const balancer = old?.balance === tenant.balance ? 'keep' : balancerOf(balance);
    if (old !== undefined) tenant.pool.reconfigure(poolOptions(pool, around.affinitySecret), balancer);
    tenant.members.open();
  }
  for (const old of before.values()) old.members.close();
}
