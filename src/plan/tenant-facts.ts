// What the plan of a tenant says, and those of its backends.
import { shownUrl } from '../config/backend-url.ts';
import type { TenantLimitSettings } from '../admit/tenant-limits.ts';
import { type Trust, USUAL_TRUST } from '../core/connector.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import { maskSecrets } from '../core/secrets.ts';
import type { Schedule } from '../probing/contract.ts';
import type { PolicyPlan } from '../policies/policy-plan.ts';
import { describeMatch } from '../route/match.ts';
import type { OutlierSettings } from '../standing/outlier.ts';
import {
  type Fact,
  type Says,
  asCount,
  asFlag,
  asList,
  asSecret,
  asShare,
  asSize,
  asText,
  asTime,
  asWhole,
  factsOf,
} from './facts.ts';
import { isSameData } from './fingerprint.ts';
import type {
  AffinityPlan,
  BackendPlan,
  CheckPlan,
  PoolPlan,
  PoolSettings,
  RetryPlan,
  ServicePlan,
} from './pool-plan.ts';
import type { RoutePlan, TenantPlan, TenantSettings } from './tenant-plan.ts';
import type { TenantTlsPlan } from './tls-plan.ts';
import { servicesOf } from './pools-of.ts';

/** What a tenant is, without its backends. */
export function tenantFacts(tenant: TenantPlan): readonly Fact[] {
  const { fingerprint: _, ...settings } = tenant;
  return factsOf<TenantSettings>(settings, TENANT);
}

/** What each of its services is, by name. */
export function serviceFacts(tenant: TenantPlan): ReadonlyMap<string, readonly Fact[]> {
  return new Map(servicesOf(tenant).map((service) => [service.backend.name, factsOf(service, SERVICE)]));
}

const AFFINITY: Says<AffinityPlan> = {
  tenant: null,
  cookie: ({ cookie }) => asText('affinity.cookie', cookie),
  secret: ({ secret }) => asSecret('affinity.secret', secret),
  path: null,
  maxAge: ({ maxAge }) => asText('affinity.max_age', maxAge === null ? null : `${maxAge}s`),
};

const POOL: Says<PoolPlan> = {
  tenant: null,
  pool: null,
  maxIdle: ({ maxIdle }) => asCount('pool.max_idle', maxIdle),
  maxStreams: ({ maxStreams }) => asCount('pool.max_tunnels', maxStreams),
  maxConnections: ({ maxConnections }) => asCount('pool.max_connections', maxConnections),
  streamAfter: ({ streamAfter }) => asTime('pool.stream_after', streamAfter),
  pingAfter: ({ pingAfter }) => asTime('pool.ping_after', pingAfter),
  mayRefuse: null,
  warm: ({ warm }) => asCount('pool.warm', warm),
  idleTimeout: ({ idleTimeout }) => asTime('pool.idle_timeout', idleTimeout),
  surplusTimeout: ({ surplusTimeout }) => asTime('pool.surplus_timeout', surplusTimeout),
  maxQueue: ({ maxQueue }) => asCount('pool.max_queue', maxQueue),
  queueTimeout: ({ queueTimeout }) => asTime('timeouts.queue', queueTimeout),
  connectTimeout: ({ connectTimeout }) => asTime('timeouts.connect', connectTimeout),
  firstByteTimeout: ({ firstByteTimeout }) => asTime('timeouts.first_byte', firstByteTimeout),
  streamIdleTimeout: ({ streamIdleTimeout }) => asTime('timeouts.idle', streamIdleTimeout),
  tunnelIdleTimeout: ({ tunnelIdleTimeout }) => asTime('timeouts.tunnel_idle', tunnelIdleTimeout),
  removedTimeout: ({ removedTimeout }) => asTime('timeouts.removed', removedTimeout),
  slowStart: ({ slowStart }) => [
    ...asTime('slow_start.time', slowStart.time),
    ...asShare('slow_start.min_share', slowStart.min_share),
  ],
  whenNoneEligible: ({ whenNoneEligible }) => asText('when_none_eligible', whenNoneEligible),
  affinity: ({ affinity }) =>
    affinity === null ? asText('affinity', null) : [...asText('affinity', 'on'), ...factsOf(affinity, AFFINITY)],
};

const RETRY: Says<RetryPlan> = {
  attempts: ({ attempts }) => asCount('retry.attempts', attempts - 1),
  conditions: ({ conditions, statuses }) => asList('retry.on', [...conditions, ...statuses]),
  statuses: null,
  back_off: ({ back_off: { base, max } }) => [...asTime('retry.back_off', base), ...asTime('retry.max_back_off', max)],
  budget: ({ budget: { budget, min_per_second } }) => [
    ...asShare('retry.budget', budget),
    ...asCount('retry.budget_per_second', min_per_second),
  ],
  perTryTimeout: ({ perTryTimeout }) => asTime('retry.per_try_timeout', perTryTimeout === 0 ? null : perTryTimeout),
  watchesTime: null,
  hedgeAfter: ({ hedgeAfter }) => asShare('retry.hedge_after', hedgeAfter),
  trustsKeys: ({ trustsKeys }) => asFlag('retry.idempotency_key', trustsKeys),
  replayBytes: ({ replayBytes }) => asSize('retry.replay_bytes', replayBytes),
};

const POOL_SETTINGS: Says<PoolSettings> = {
  balance: ({ balance }) => asWhole('balance', balance.type, balance),
  services: null,
  pool: ({ pool }) => factsOf(pool, POOL),
  retry: ({ retry }) => factsOf(retry, RETRY),
  exchangeTimeout: ({ exchangeTimeout }) => asTime('timeouts.exchange', exchangeTimeout),
  requestBuffer: ({ requestBuffer }) => asSize('pool.request_buffer', requestBuffer),
};

const LIMITS: Says<TenantLimitSettings> = {
  requestsInFlight: ({ requestsInFlight }) => asCount('limits.requests_in_flight', requestsInFlight),
  connections: ({ connections }) => asCount('limits.connections', connections),
  requestRate: ({ requestRate }) => asCount('limits.request_rate', requestRate),
  bandwidth: ({ bandwidth }) => asSize('limits.bandwidth', bandwidth),
  bufferedBytes: ({ bufferedBytes }) => asSize('limits.buffered_bytes', bufferedBytes),
};

const TENANT: Says<TenantSettings> = {
  name: null,
  domains: ({ domains }) => asList('domains', domains),
  prefixes: ({ prefixes }) => asList('path_prefix', prefixes),
  paths: ({ paths }) => asList('path', paths),
  listeners: ({ listeners }) => asList('listeners', listeners),
  ...POOL_SETTINGS,
  weight: ({ weight }) => asCount('weight', weight),
  pools: ({ pools }) => (pools.length === 0 ? [] : poolFacts(pools)),
  usesOwnPool: null,
  routes: ({ routes }) => (routes.length === 0 ? [] : routeFacts(routes)),
  limits: ({ limits }) => factsOf(limits, LIMITS),
  bodyBytes: ({ bodyBytes }) => asSize('limits.body_bytes', bodyBytes),
  stripsPrefix: ({ stripsPrefix }) => asFlag('strip_prefix', stripsPrefix),
  mapsBack: ({ mapsBack }) => asFlag('map_back', mapsBack),
  allowsTrace: ({ allowsTrace }) => asFlag('allow_trace', allowsTrace),
  passesTrailers: ({ passesTrailers }) => asFlag('request_trailers', passesTrailers),
  allowedClaims: ({ allowedClaims }) => asList('allow_claims', allowedClaims),
  accessLog: ({ accessLog }) => accessLogFacts(accessLog),
  // Options of policies may hold secrets.
  policies: ({ policies }) => policies.flatMap(policyFacts),
  tls: ({ tls }) => (tls === null ? asText('tls', null) : tlsFacts(tls)),
};

function accessLogFacts(settings: TenantSettings['accessLog']): readonly Fact[] {
  if (settings === 'usual') return asText('access_log', 'as the gateway');
  return settings === null ? asText('access_log', null) : asWhole('access_log', 'its own', settings);
}

const OUTLIER: Says<OutlierSettings> = {
  consecutive: ({ consecutive }) => asCount('outlier_ejection.consecutive', consecutive),
  failure_share: ({ failure_share }) => asShare('outlier_ejection.failure_share', failure_share),
  min_requests: ({ min_requests }) => asCount('outlier_ejection.min_requests', min_requests),
  window: ({ window }) => asTime('outlier_ejection.window', window),
  base_time: ({ base_time }) => asTime('outlier_ejection.base_time', base_time),
  max_time: ({ max_time }) => asTime('outlier_ejection.max_time', max_time),
  quiet_time: ({ quiet_time }) => asTime('outlier_ejection.quiet_time', quiet_time),
  max_share: ({ max_share }) => asShare('outlier_ejection.max_share', max_share),
  max_latency: ({ max_latency }) => asTime('outlier_ejection.max_latency', max_latency),
  on: ({ on }) => asList('outlier_ejection.on', on),
  ignore_statuses: ({ ignore_statuses }) => asList('outlier_ejection.ignore_statuses', ignore_statuses),
};

const SCHEDULE: Says<Schedule> = {
  interval: ({ interval }) => asTime('health_check.interval', interval),
  timeout: ({ timeout }) => asTime('health_check.timeout', timeout),
  fast_interval: ({ fast_interval }) => asTime('health_check.fast_interval', fast_interval),
  down_interval: ({ down_interval }) => asTime('health_check.down_interval', down_interval),
  rise: ({ rise }) => asCount('health_check.rise', rise),
  fall: ({ fall }) => asCount('health_check.fall', fall),
};

const CHECK: Says<CheckPlan> = {
  type: ({ type }) => asText('health_check.type', type),
  options: null,
  schedule: ({ schedule }) => factsOf(schedule, SCHEDULE),
  host: null,
  key: null,
};

const BACKEND: Says<BackendPlan> = {
  tenant: null,
  pool: null,
  name: null,
  identity: null,
  url: ({ url }) => asSame('url', shownUrl(url), JSON.stringify([url.safe, url.authorization])),
  trust: ({ trust }) => asWhole('tls', shownTrust(trust), trust),
  host: null,
  weight: ({ weight }) => asCount('weight', weight),
  tier: ({ tier }) => asFlag('backup', tier > 0),
  maxRequests: ({ maxRequests }) => asCount('max_requests', maxRequests),
  passHost: ({ passHost }) => asFlag('pass_host_header', passHost),
  transport: ({ transport }) => asText('protocol', transport),
  check: (backend) => checkFacts(backend),
  outlier: ({ outlier }) => (outlier === null ? asFlag('outlier_ejection.enabled', false) : factsOf(outlier, OUTLIER)),
};

const SERVICE: Says<ServicePlan> = {
  backend: ({ backend }) => factsOf(backend, BACKEND),
  discovery: ({ discovery }) => asText('discover', discovery === null ? null : discovery.kind),
};

// Several may be of one type.
function policyFacts(policy: PolicyPlan, at: number, all: readonly PolicyPlan[]): readonly Fact[] {
  const { type, name } = policy;
  const before = all.slice(0, at).filter((other) => other.type === type).length;
  const which = `${name ?? type}${before === 0 ? '' : ` (${before + 1})`}`;
  return asWhole(type === 'compression' ? type : `policies.${which}`, 'on', policy);
}

function tlsFacts({ files, acme, policy, clientAuth }: TenantTlsPlan): readonly Fact[] {
  const asked = clientAuth === 'usual' ? 'as usual' : (clientAuth?.mode ?? 'none');
  return [
    ...asText('tls', 'its own'),
    ...asText('tls.cert_file', files?.certFile ?? null),
    ...asText('tls.key_file', files?.keyFile ?? null),
    ...asFlag('tls.acme', acme),
    ...asWhole('tls.policy', policy === null ? 'as usual' : `TLS ${policy.minVersion}`, policy),
    ...asWhole('tls.client_auth', asked, clientAuth),
  ];
}

function routeFacts(routes: readonly RoutePlan[]): readonly Fact[] {
  const titles = routes.map(
    ({ name, match }) => name ?? match.paths.map((path) => describeMatch(match, path)).join(' or '),
  );
  const all = routes.flatMap((route, at) => asWhole(`routes[${titles[at]}]`, `to ${targetOf(route)}`, route));
  return [...asList('routes', titles), ...all];
}

function targetOf({ pool, policies }: RoutePlan): string {
  const [last] = policies.slice(-1);
  return pool ?? (last === undefined ? OWN_POOL : `${OWN_POOL} by ${last.type}`);
}

function poolFacts(pools: readonly PoolSettings[]): readonly Fact[] {
  const names = pools.map(({ pool }) => pool.pool ?? OWN_POOL);
  const all = pools.flatMap((pool, at) =>
    factsOf(pool, POOL_SETTINGS).map((fact) => ({ ...fact, setting: `pools.${names[at]}.${fact.setting}` })),
  );
  return [...asList('pools', names), ...all];
}

function asSame(setting: string, shown: string, same: string): readonly Fact[] {
  return [{ setting, shown, same }];
}

function shownTrust(trust: Trust): string {
  return isSameData(trust, USUAL_TRUST) ? 'as usual' : 'its own';
}

// What a check sends may hold secrets. The page that it asks for is shown as the URL of its backend is.
function checkFacts({ check, url }: BackendPlan): readonly Fact[] {
  if (check === null) return asText('health_check', null);
  const { options } = check;
  const path = 'path' in options ? maskSecrets(options.path.replace(/\?.*$/s, ''), url.secrets) : check.type;
  return [...factsOf(check, CHECK), ...asWhole('health_check.path', path, options)];
}
