// A tenant of a configuration becomes a plan.
import { resolveTenantAccessLog } from '../config/access-log.ts';
import { pairName } from '../config/backend-tls.ts';
import { resolveCheck, resolveDiscovery, resolveHost } from '../config/resolve.ts';
import type { Config, ServiceConfig, TenantConfig } from '../config/schema.ts';
import { USUAL_COOKIE } from '../config/affinity.ts';
import type { RetryCondition } from '../config/retry.ts';
import type { TenantLimitSettings } from '../admit/tenant-limits.ts';
import { type Trust, USUAL_TRUST } from '../core/connector.ts';
import { backendNameIn } from '../core/pool-name.ts';
import { bytes, millis } from '../core/units.ts';
import type { HostSpec } from '../discovery/contract.ts';
import type { OutlierSettings } from '../standing/outlier.ts';
import { type CheckDefinition, serviceBackend } from './backends.ts';
import { compileTenantTls } from './compile-tls.ts';
import { compileRoutes } from './compile-routes.ts';
import { commonPart, fingerprintOf } from './fingerprint.ts';
import { onceFor } from './once-for.ts';
import { policyPlans } from './policy-plans.ts';
import type { AffinityPlan, BalancePlan, PoolPlan, PoolSettings, RetryPlan, ServicePlan } from './pool-plan.ts';
import type { TenantPlan, TenantSettings } from './tenant-plan.ts';

type Timeouts = Config['timeouts'];

/** Compiles one tenant; `config` has the defaults of the whole gateway. */
export function compileTenant(config: Config, tenant: TenantConfig): TenantPlan {
  const settings = tenantSettings(config, tenant);
  return { ...settings, fingerprint: fingerprintOf(settings) };
}

/** The fingerprint of the plan of a tenant. */
export function fingerprintOfTenant(config: Config, tenant: TenantConfig): string {
  return compileTenant(config, tenant).fingerprint;
}

function tenantSettings(config: Config, tenant: TenantConfig): TenantSettings {
  return {
    ...poolSettings(config, { tenant, pool: null, settings: tenant }),
    name: tenant.name,
    weight: tenant.weight,
    domains: tenant.domains,
    prefixes: tenant.path_prefix,
    paths: tenant.path,
    listeners: tenant.listeners ?? null,
    pools: namedPools(config, tenant),
    usesOwnPool: tenant.services.length > 0 || (Object.keys(tenant.pools).length === 0 && tenant.routes.length === 0),
    routes: compileRoutes(config, tenant),
    limits: limitsOf(config, tenant),
    bodyBytes: tenant.limits?.body_bytes ?? config.limits.body_bytes,
    stripsPrefix: tenant.strip_prefix,
    mapsBack: tenant.map_back,
    accessLog: resolveTenantAccessLog(config.access_log, tenant.access_log),
    allowsTrace: tenant.allow_trace,
    passesTrailers: tenant.request_trailers,
    allowedClaims: tenant.allow_claims,
    policies: policyPlans(config, tenant),
    tls: compileTenantTls(config, tenant),
  };
}

function limitsOf({ limits }: Config, { limits: own }: TenantConfig): TenantLimitSettings {
  const { requests_in_flight, connections, request_rate, bandwidth, buffered_bytes } = own ?? {};
  return commonPart({
    requestsInFlight: requests_in_flight ?? Number.POSITIVE_INFINITY,
    connections: connections ?? Number.POSITIVE_INFINITY,
    requestRate: request_rate ?? Number.POSITIVE_INFINITY,
    bandwidth: bandwidth ?? bytes(Number.POSITIVE_INFINITY),
    bufferedBytes: buffered_bytes ?? limits.buffered_bytes,
  });
}

const NO_POOLS: readonly PoolSettings[] = [];

function namedPools(config: Config, tenant: TenantConfig): readonly PoolSettings[] {
  const entries = Object.entries(tenant.pools);
  if (entries.length === 0) return NO_POOLS;
  return entries.map(([pool, own]) => poolSettings(config, { tenant, pool, settings: { ...tenant, ...own } }));
}

type PoolSource = {
  readonly tenant: TenantConfig;
  readonly pool: string | null;
  /** What applies to the pool: what it leaves out it has from its tenant. */
  readonly settings: TenantConfig;
};

function poolSettings(config: Config, source: PoolSource): PoolSettings {
  const { settings } = source;
  const timeouts = { ...config.timeouts, ...settings.timeouts };
  const isExchangeShort = timeouts.connect + timeouts.first_byte > timeouts.exchange;
  return {
    balance: balancePlan(settings.balance),
    services: compileServices(config, source),
    pool: poolPlan(source, timeouts),
    retry: (isExchangeShort ? shortRetryPlan : retryPlan)(settings.retry),
    exchangeTimeout: timeouts.exchange,
    requestBuffer: settings.pool.request_buffer,
  };
}

const balancePlan = onceFor(
  ({ type, ...options }: TenantConfig['balance']): BalancePlan => commonPart({ type, options }),
);

function compileServices(config: Config, { tenant, pool, settings }: PoolSource): readonly ServicePlan[] {
  const outlier = outlierSettings(settings.outlier_ejection);
  return settings.services.map((service) => ({
    backend: serviceBackend({
      tenant: tenant.name,
      pool,
      name: backendNameIn(pool, service.name),
      url: service.url,
      trust: trustOf(config, service),
      host: resolveDiscovery(config, service) === null ? hostSpec(config, service.url.hostname) : null,
      weight: service.weight,
      isBackup: service.backup,
      maxRequests: service.max_requests ?? usualRequests(service, settings.pool.max_connections),
      passHost: settings.pass_host_header,
      transport: service.protocol,
      check: checkDefinition(config, settings, service),
      outlier,
    }),
    discovery: resolveDiscovery(config, service),
  }));
}

// RFC 9113 6.5.2 wants everybody to allow so many on a connection.
const STREAMS_OF_CONNECTION = 100;

// A connection of HTTP/1.1 has one request. With `auto` nobody knows yet.
function usualRequests({ protocol }: ServiceConfig, maxConnections: number): number {
  return protocol === 'h2' ? maxConnections * STREAMS_OF_CONNECTION : maxConnections;
}

function trustOf({ authorities, ownPairs }: Config, { tls }: ServiceConfig): Trust {
  if (tls === undefined) return USUAL_TRUST;
  const { ca_file: file = null, server_name: serverName = null, insecure_skip_verify: isUnverified } = tls;
  const ca = file === null ? null : (authorities?.get(file) ?? null);
  if (file !== null && ca === null) throw new Error(`${file} has not been read; loadConfig reads it`);
  const { cert_file: certFile = null, key_file: keyFile = null, pins } = tls;
  const own = certFile === null || keyFile === null ? null : (ownPairs?.get(pairName(certFile, keyFile)) ?? null);
  if (certFile !== null && own === null) throw new Error(`${certFile} has not been read; loadConfig reads it`);
  return { serverName, ca, isVerified: !isUnverified, pins, own };
}

// Most services are asked for the same few pages, as often as each other.
const checkDefinitions = onceFor<TenantConfig['health_check'], Map<string, CheckDefinition | null>>(() => new Map());

function checkDefinition(config: Config, tenant: TenantConfig, service: ServiceConfig): CheckDefinition | null {
  const known = checkDefinitions(tenant.health_check);
  const key = JSON.stringify([tenant.health_interval, service.health]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = makeCheckDefinition(config, tenant, service);
  known.set(key, made);
  return made;
}

function makeCheckDefinition(config: Config, tenant: TenantConfig, service: ServiceConfig): CheckDefinition | null {
  const resolved = resolveCheck(tenant, service);
  if (resolved === null) return null;
  const { kind, options, schedule } = resolved;
  const elsewhere = 'address' in options ? options.address : undefined;
  return {
    type: kind.type,
    options: commonPart(options),
    schedule: commonPart(schedule),
    host: elsewhere === undefined ? null : hostSpec(config, elsewhere.hostname),
  };
}

const hostSpecs = onceFor<Config['dns'], Map<string, HostSpec | null>>(() => new Map());

// Thousands of tenants may name the same few hosts.
function hostSpec(config: Config, name: string): HostSpec | null {
  const known = hostSpecs(config.dns);
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = resolveHost(config, name);
  known.set(name, made);
  return made;
}

const outlierSettings = onceFor(
  ({ enabled, on, ignore_statuses, ...settings }: TenantConfig['outlier_ejection']): OutlierSettings | null =>
    enabled ? commonPart({ ...settings, on: new Set(on), ignore_statuses: new Set(ignore_statuses) }) : null,
);

function poolPlan(source: PoolSource, timeouts: Timeouts): PoolPlan {
  const { tenant, pool, settings } = source;
  return {
    tenant: tenant.name,
    pool,
    maxIdle: settings.pool.max_idle,
    maxStreams: settings.pool.max_tunnels,
    maxConnections: settings.pool.max_connections,
    streamAfter: settings.pool.stream_after,
    pingAfter: settings.pool.ping_after,
    mayRefuse: settings.services.some(({ protocol }) => protocol !== 'h1'),
    warm: Math.min(settings.pool.warm, settings.pool.max_idle),
    idleTimeout: settings.pool.idle_timeout,
    surplusTimeout: settings.pool.surplus_timeout,
    maxQueue: settings.pool.max_queue,
    queueTimeout: timeouts.queue,
    connectTimeout: timeouts.connect,
    firstByteTimeout: timeouts.first_byte,
    streamIdleTimeout: timeouts.idle,
    tunnelIdleTimeout: timeouts.tunnel_idle,
    removedTimeout: timeouts.removed,
    slowStart: settings.slow_start,
    whenNoneEligible: settings.when_none_eligible,
    affinity: affinityPlan(source),
  };
}

function affinityPlan({ tenant, pool, settings: { affinity } }: PoolSource): AffinityPlan | null {
  if (affinity === undefined) return null;
  // A client of two pools belongs to a backend of each.
  const isCommon = affinity.cookie === USUAL_COOKIE || affinity.cookie === tenant.affinity?.cookie;
  return {
    tenant: tenant.name,
    cookie: pool !== null && isCommon ? `${affinity.cookie}-${pool}` : affinity.cookie,
    secret: affinity.secret ?? null,
    path: cookiePath(tenant),
    maxAge: affinity.max_age === undefined ? null : Math.ceil(affinity.max_age / 1000),
  };
}

// Where a tenant has several paths, the cookie must reach all of them.
function cookiePath({ path_prefix: prefixes, path: paths }: TenantConfig): string {
  const [only] = prefixes;
  return only !== undefined && prefixes.length + paths.length === 1 ? only : '/';
}

const retryPlan = onceFor((retry: TenantConfig['retry']) => makeRetryPlan(retry, false));
/** For tenants whose exchanges may have to end before an attempt does. */
const shortRetryPlan = onceFor((retry: TenantConfig['retry']) => makeRetryPlan(retry, true));

// Who limits the time of an attempt wants another one after it.
function conditionsOf({ on, per_try_timeout }: TenantConfig['retry']): ReadonlySet<RetryCondition> {
  const conditions = new Set(on.filter((one) => typeof one === 'string'));
  return Number.isFinite(per_try_timeout) ? conditions.add('timeout') : conditions;
}

function makeRetryPlan(retry: TenantConfig['retry'], isExchangeShort: boolean): RetryPlan {
  const { attempts, on, budget, budget_per_second, hedge_after, per_try_timeout } = retry;
  return commonPart({
    attempts: 1 + attempts,
    conditions: conditionsOf(retry),
    statuses: new Set(on.filter((one) => typeof one === 'number')),
    back_off: { base: retry.back_off, max: retry.max_back_off },
    budget: { budget, min_per_second: budget_per_second },
    watchesTime: hedge_after !== undefined || Number.isFinite(per_try_timeout) || isExchangeShort,
    perTryTimeout: Number.isFinite(per_try_timeout) ? per_try_timeout : millis(0),
    hedgeAfter: hedge_after ?? null,
    trustsKeys: retry.idempotency_key,
    replayBytes: retry.replay_bytes,
  });
}
