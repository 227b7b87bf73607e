// Compiles a configuration into a snapshot. What is known of a backend is carried over where its identity is the same.
import type { z } from 'zod';
import type { Balancer, BalancerKind, BalancerTools } from '../balance/contract.ts';
import { balancers } from '../balance/registry.ts';
import { roundRobin } from '../balance/round-robin.ts';
import { resolveCheck, resolveCompression } from '../config/resolve.ts';
import type { Config, ServiceConfig, TenantConfig } from '../config/schema.ts';
import type { OutlierSettings } from '../health/outlier.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import { Backend, type BackendCheck, type BackendOptions } from '../pools/backend.ts';
import { Pool, type PoolOptions, type PoolSurroundings } from '../pools/pool.ts';
import { Router } from '../route/router.ts';
import type { Destination, Snapshot, Tenant } from './snapshot.ts';

export type BuildSurroundings = PoolSurroundings & {
  readonly random: () => number;
  /** Answers below the admin base path. */
  readonly admin: LocalHandler;
};

/** Builds the next snapshot of a configuration that has been accepted, and opens its pools. `before`: the one in force,
 * whose backends and waiting requests it takes over; null at the start. */
export function buildSnapshot(config: Config, before: Snapshot | null, around: BuildSurroundings): Snapshot {
  const rules = config.tenants.reduce((count, tenant) => count + Math.max(1, tenant.domains.length), 0);
  const router = new Router<Destination>(rules);
  router.reserve(config.admin_base_path, { kind: 'local', handler: around.admin });
  const tenants = config.tenants.map((tenant) => buildTenant(config, tenant, around));
  for (const [at, tenantConfig] of config.tenants.entries()) addRoutes(router, tenantConfig, tenants[at]);
  const snapshot: Snapshot = { router, tenants };
  openPools(config, snapshot, before);
  return snapshot;
}

function buildTenant(config: Config, tenant: TenantConfig, around: BuildSurroundings): Tenant {
  const timeouts = { ...config.timeouts, ...tenant.timeouts };
  const options: PoolOptions = {
    tenant: tenant.name,
    maxConnections: tenant.pool.max_connections,
    maxIdle: tenant.pool.max_idle,
    idleTimeout: tenant.pool.idle_timeout,
    maxQueue: tenant.pool.max_queue,
    queueTimeout: timeouts.queue,
    connectTimeout: timeouts.connect,
    firstByteTimeout: timeouts.first_byte,
    streamIdleTimeout: timeouts.idle,
    tunnelIdleTimeout: timeouts.tunnel_idle,
  };
  return {
    name: tenant.name,
    domains: tenant.domains,
    pathPrefix: tenant.path_prefix ?? null,
    pool: new Pool(options, balancerOf(tenant), around),
    retries: tenant.retry.attempts,
    exchangeTimeout: timeouts.exchange,
    bodyBytes: tenant.limits?.body_bytes ?? config.limits.body_bytes,
    compression: resolveCompression(config, tenant),
  };
}

type BalancerOptions = z.output<(typeof balancers)[number]['options']>;

function balancerOf(tenant: TenantConfig): (tools: BalancerTools) => Balancer {
  const { type, ...options } = tenant.balance;
  const kinds: readonly BalancerKind<BalancerOptions>[] = balancers;
  const kind = kinds.find((candidate) => candidate.type === type) ?? roundRobin;
  return (tools) => kind.create(options, tools);
}

function addRoutes(router: Router<Destination>, config: TenantConfig, tenant: Tenant): void {
  const prefix = config.path_prefix ?? null;
  const strip = prefix === null ? 0 : prefix.length - 1;
  const hosts = config.domains.length === 0 ? [null] : config.domains;
  for (const host of hosts) router.add({ host, prefix }, { kind: 'tenant', tenant, strip });
}

// Nothing is shared between tenants, even where two name the same address.
function openPools(config: Config, snapshot: Snapshot, before: Snapshot | null): void {
  for (const [at, tenantConfig] of config.tenants.entries()) {
    const tenant = snapshot.tenants[at];
    const old = before?.tenants.find((candidate) => candidate.name === tenant.name) ?? null;
    const known = new Map(old?.pool.backends.map((backend) => [backend.options.identity, backend]));
    const members = tenantConfig.services.map((service) => {
      const options = backendOptions(tenantConfig, service);
      return carryOver(known.get(options.identity), options) ?? new Backend(options, tenant.pool);
    });
    tenant.pool.open(members);
    old?.pool.retire(tenant.pool);
  }
}

function carryOver(known: Backend | undefined, options: BackendOptions): Backend | null {
  known?.reconfigure(options);
  return known ?? null;
}

function backendOptions(tenant: TenantConfig, service: ServiceConfig): BackendOptions {
  const check = backendCheck(tenant, service);
  const { url } = service;
  const definition = check === null ? null : check.definition;
  return {
    name: service.name,
    url,
    weight: service.weight,
    check,
    identity: JSON.stringify([service.name, url, definition]),
    passHost: tenant.pass_host_header,
    outlier: outlierSettings(tenant),
  };
}

function outlierSettings(tenant: TenantConfig): OutlierSettings | null {
  const { enabled, on, ...settings } = tenant.outlier_ejection;
  return enabled ? { ...settings, on: new Set(on) } : null;
}

function backendCheck(
  tenant: TenantConfig,
  service: ServiceConfig,
): (BackendCheck & { readonly definition: unknown }) | null {
  const resolved = resolveCheck(tenant, service);
  if (resolved === null) return null;
  const { kind, options, schedule } = resolved;
  const { hostname, port, tls, authority, authorization } = service.url;
  const target = { hostname, port, tls, authority, authorization };
  return { schedule, probe: (tools) => kind.probe(options, target, tools), definition: [kind.type, options, schedule] };
}
