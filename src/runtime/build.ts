// Compiles a configuration into a snapshot. What is known of a backend is carried over where its identity is the same.
import type { z } from 'zod';
import type { BalancerKind } from '../balance/contract.ts';
import { balancers } from '../balance/registry.ts';
import { roundRobin } from '../balance/round-robin.ts';
import { resolveCompression } from '../config/resolve.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { Quantile } from '../core/quantile.ts';
import { millis } from '../core/units.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { AffinitySettings, PoolOptions } from '../pools/pool-options.ts';
import { type CreateBalancer, Pool, type PoolMaking } from '../pools/pool.ts';
import { RetryBudget } from '../pools/retry-budget.ts';
import { Router } from '../route/router.ts';
import { Members } from '../pools/members.ts';
import type { Destination, Snapshot, Tenant, TenantRetry } from '../forward/snapshot.ts';

export type BuildSurroundings = PoolMaking & {
  readonly discovery: Discovery;
  /** Signs cookies where the configuration names no secret. */
  readonly affinitySecret: string;
  /** Answers below the admin base path. */
  readonly admin: LocalHandler;
};

/** Builds the next snapshot of a configuration that has been accepted, and opens its pools. `before`: the one in force,
 * whose backends and waiting requests it takes over; null at the start. */
export function buildSnapshot(config: Config, before: Snapshot | null, around: BuildSurroundings): Snapshot {
  const rules = config.tenants.reduce((count, tenant) => count + Math.max(1, tenant.domains.length), 0);
  const router = new Router<Destination>(rules);
  router.reserve(config.admin_base_path, { kind: 'local', handler: around.admin, allowsTrace: false });
  const known = new Map(before?.tenants.map((tenant) => [tenant.name, tenant]));
  const tenants = config.tenants.map((tenant) => buildTenant(config, tenant, known.get(tenant.name) ?? null, around));
  for (const [at, tenantConfig] of config.tenants.entries()) addRoutes(router, tenantConfig, tenants[at]);
  const snapshot: Snapshot = { router, tenants };
  openPools(config, tenants, known, around);
  return snapshot;
}

function buildTenant(config: Config, tenant: TenantConfig, before: Tenant | null, around: BuildSurroundings): Tenant {
  const timeouts = { ...config.timeouts, ...tenant.timeouts };
  const pool = before?.pool ?? new Pool(poolOptions(config, tenant, around), balancerOf(tenant), around);
  return {
    name: tenant.name,
    domains: tenant.domains,
    pathPrefix: tenant.path_prefix ?? null,
    pool,
    balance: JSON.stringify(tenant.balance),
    members: new Members(config, tenant, pool, around.discovery),
    retry: tenantRetry(tenant, before, timeouts.connect + timeouts.first_byte > timeouts.exchange),
    exchangeTimeout: timeouts.exchange,
    requestBuffer: tenant.pool.request_buffer,
    bodyBytes: tenant.limits?.body_bytes ?? config.limits.body_bytes,
    passesTrailers: tenant.request_trailers,
    compression: resolveCompression(config, tenant),
  };
}

function poolOptions(config: Config, tenant: TenantConfig, { affinitySecret }: BuildSurroundings): PoolOptions {
  const timeouts = { ...config.timeouts, ...tenant.timeouts };
  return {
    tenant: tenant.name,
    maxIdle: tenant.pool.max_idle,
    warm: Math.min(tenant.pool.warm, tenant.pool.max_idle),
    idleTimeout: tenant.pool.idle_timeout,
    maxQueue: tenant.pool.max_queue,
    queueTimeout: timeouts.queue,
    connectTimeout: timeouts.connect,
    firstByteTimeout: timeouts.first_byte,
    streamIdleTimeout: timeouts.idle,
    tunnelIdleTimeout: timeouts.tunnel_idle,
    slowStart: tenant.slow_start,
    whenNoneEligible: tenant.when_none_eligible,
    affinity: affinityOf(tenant, affinitySecret),
  };
}

function affinityOf(tenant: TenantConfig, ownSecret: string): AffinitySettings | null {
  const { affinity } = tenant;
  if (affinity === undefined) return null;
  return {
    tenant: tenant.name,
    cookie: affinity.cookie,
    secret: affinity.secret ?? ownSecret,
    path: tenant.path_prefix ?? '/',
    maxAge: affinity.max_age === undefined ? null : Math.ceil(affinity.max_age / 1000),
  };
}

// What has been spent stays spent over a reload.
function tenantRetry(config: TenantConfig, before: Tenant | null, isExchangeShort: boolean): TenantRetry {
  const { attempts, on, budget, budget_per_second, hedge_after, per_try_timeout } = config.retry;
  const settings = { budget, min_per_second: budget_per_second };
  return {
    attempts: 1 + attempts,
    conditions: new Set(on.filter((one) => typeof one === 'string')),
    statuses: new Set(on.filter((one) => typeof one === 'number')),
    back_off: { base: config.retry.back_off, max: config.retry.max_back_off },
    budget: before?.retry.budget.withSettings(settings) ?? new RetryBudget(settings),
    watchesTime: hedge_after !== undefined || Number.isFinite(per_try_timeout) || isExchangeShort,
    perTryTimeout: Number.isFinite(per_try_timeout) ? per_try_timeout : millis(0),
    hedge: hedge_after === undefined ? null : (before?.retry.hedge ?? new Quantile(hedge_after)),
    trustsKeys: config.retry.idempotency_key,
    replayBytes: config.retry.replay_bytes,
  };
}

type BalancerOptions = z.output<(typeof balancers)[number]['options']>;

function balancerOf(tenant: TenantConfig): CreateBalancer {
  const { type, ...options } = tenant.balance;
  const kinds: readonly BalancerKind<BalancerOptions>[] = balancers;
  const kind = kinds.find((candidate) => candidate.type === type) ?? roundRobin;
  return (tools) => kind.create(options, tools);
}

function addRoutes(router: Router<Destination>, config: TenantConfig, tenant: Tenant): void {
  const prefix = config.path_prefix ?? null;
  const strip = prefix === null ? 0 : prefix.length - 1;
  const hosts = config.domains.length === 0 ? [null] : config.domains;
  const destination: Destination = { kind: 'tenant', tenant, strip, allowsTrace: config.allow_trace };
  for (const host of hosts) router.add({ host, prefix }, destination);
}

// Nothing is shared between tenants, even where two name the same address. The new names are watched before the old
// ones are left, so that what is known of them is kept.
function openPools(
  config: Config,
  tenants: readonly Tenant[],
  before: ReadonlyMap<string, Tenant>,
  around: BuildSurroundings,
): void {
  for (const [at, tenant] of tenants.entries()) {
    const old = before.get(tenant.name);
    const tenantConfig = config.tenants[at];
    const balancer = old?.balance === tenant.balance ? 'keep' : balancerOf(tenantConfig);
    if (old !== undefined) tenant.pool.reconfigure(poolOptions(config, tenantConfig, around), balancer);
    tenant.members.open();
  }
  for (const old of before.values()) old.members.close();
}
