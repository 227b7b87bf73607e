// The present state of all tenants and backends, as data for the admin API, the demo and `explain`.
import { shownUrl } from '../config/backend-url.ts';
import type { QuarantinedTenant } from '../config/last-good.ts';
import type { TrafficSeries } from '../core/series-cells.ts';
import type { Backend } from '../pools/backend.ts';
import type { Pool } from '../pools/pool.ts';
import type { SlotTable } from '../pools/slot-table.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Report, Standing } from '../standing/standing.ts';
import { describeEvidence } from '../standing/state-machine.ts';
import type { NameStatus } from '../pools/members.ts';
import { type Snapshot, type Tenant, tenantNamed } from '../forward/snapshot.ts';
import { backendFigures } from './backend-figures.ts';
import type { BackendReport, BackendStatus, LeavingReport } from './shapes/backend.ts';
import type {
  BrokenConfig,
  LimitsStatus,
  NameReport,
  OverallStatus,
  ShareStatus,
  SwitchStatus,
  TenantStatus,
} from './shapes/tenant.ts';

/** What the state of backends is read from. */
export type StatusSources = {
  readonly standing: Standing<BackendPlan>;
  readonly slots: Pick<SlotTable, 'leaving' | 'earlierOf'>;
  /** Of a tenant; absent: none. */
  readonly switches?: { of(tenant: string): readonly SwitchStatus[] };
  /** Absent: none. */
  readonly quarantined?: readonly QuarantinedTenant[];
};

/** `traffic`: where it is counted. */
type DetailSources = StatusSources & { readonly traffic: Pick<TrafficSeries, 'backends' | 'bounds'> };

/** The state of every tenant. */
export function* readStatus(snapshot: Snapshot, sources: StatusSources): Generator<TenantStatus> {
  const kept = sources.quarantined?.filter(({ serves }) => serves === 'last_good') ?? [];
  const broken = new Map(kept.map(({ tenant, file, problems }) => [tenant, { file, problems }]));
  for (const { current } of snapshot.sites) yield tenantStatus(current, sources, broken.get(current.name) ?? null);
}

/** The state of one tenant; null: none has that name. */
export function readTenant(snapshot: Snapshot, sources: StatusSources, name: string): TenantStatus | null {
  const tenant = tenantNamed(snapshot, name);
  if (tenant === null) return null;
  const kept = sources.quarantined?.find((one) => one.serves === 'last_good' && one.tenant === name);
  const broken = kept === undefined ? null : { file: kept.file, problems: kept.problems };
  return tenantStatus(tenant, sources, broken);
}

/** One backend with its history; null: no backend has that name. */
export function readBackend(
  snapshot: Snapshot,
  sources: DetailSources,
  tenantName: string,
  name: string,
): BackendReport | null {
  const tenant = tenantNamed(snapshot, tenantName);
  const subject = tenant === null ? null : subjectNamed(tenant, name, sources);
  if (subject === null) return null;
  const { backend, report } = subject;
  const { timeline } = report;
  return {
    tenant: tenantName,
    ...backendStatus(subject, sources),
    figures: backendFigures(sources.traffic, backend.traffic.series),
    earlier: sources.slots.earlierOf(backend).map((one) => leavingReport(one, sources)),
    probes: timeline.probes().map((probe) => ({ ...probe, at: new Date(probe.at).toISOString() })),
    faults: timeline.failures().map((fault) => ({ ...fault, at: new Date(fault.at).toISOString() })),
    changes: timeline.changes().map((change) => ({ ...change, at: new Date(change.at).toISOString() })),
  };
}

type Pooled = Pick<Tenant, 'pools'>;

/** A tenant in one word. */
export function statusOfTenant(tenant: Pooled): OverallStatus {
  const count = wellCountOf(tenant);
  if (count === 0) return 'unhealthy';
  return count === backendCountOf(tenant) ? 'healthy' : 'degraded';
}

/** How many backends of a tenant serve, and are well as far as anybody knows. */
export function wellCountOf({ pools }: Pooled): number {
  let count = 0;
  for (const { pool } of pools)
    for (const { isServing, isFailing } of pool.backends) if (isServing && !isFailing) count++;
  return count;
}

/** How many backends it has. */
export function backendCountOf({ pools }: Pooled): number {
  let count = 0;
  for (const { pool } of pools) count += pool.backends.length;
  return count;
}

/** All that is left of backends that a reload has removed or moved. */
export function readLeaving(sources: StatusSources): readonly LeavingReport[] {
  return sources.slots.leaving.map((backend) => leavingReport(backend, sources));
}

function leavingReport({ options, inFlight, tunnels, slot }: Backend, sources: StatusSources): LeavingReport {
  const until = sources.standing.departureOf(slot);
  const deadline = until === null ? null : new Date(until).toISOString();
  return {
    tenant: options.tenant,
    name: options.name,
    url: shownUrl(options.url),
    in_flight: inFlight,
    tunnels,
    deadline,
  };
}

function tenantStatus(tenant: Tenant, sources: StatusSources, broken: BrokenConfig | null): TenantStatus {
  const backends = Array.from(subjectsOf(tenant, sources), (subject) => backendStatus(subject, sources));
  return {
    name: tenant.name,
    domains: tenant.domains,
    path_prefix: tenant.prefixes[0] ?? null,
    path_prefixes: tenant.prefixes,
    paths: tenant.paths,
    listeners: tenant.listeners,
    status: broken === null ? statusOfTenant(tenant) : atMostDegraded(statusOfTenant(tenant)),
    healthy: wellCountOf(tenant),
    total: backends.length,
    waiting: tenant.pools.reduce((sum, { pool }) => sum + pool.waiting, 0),
    share: shareStatus(tenant),
    limits: limitsStatus(tenant),
    backends,
    names: tenant.pools.flatMap(({ members }) => members.names()).map(nameReport),
    maintenance: sources.switches?.of(tenant.name) ?? [],
    broken,
  };
}

function limitsStatus({ limits }: Tenant): LimitsStatus {
  const [requests, connections, rate, bandwidth, buffered] = limits.uses.map(({ limit, used }) => ({ limit, used }));
  return {
    requests_in_flight: requests,
    connections,
    request_rate: rate,
    bandwidth,
    buffered_bytes: buffered,
    refused: limits.refused,
  };
}

function shareStatus({ share, pools }: Tenant): ShareStatus {
  const { waiting, used, refused } = pools[0].pool.numbers.share;
  return { weight: share.weight, used_percent: used / 100, waiting, refused };
}

/** As `status`, of a tenant whose configuration is broken. */
export function atMostDegraded(status: OverallStatus): OverallStatus {
  return status === 'healthy' ? 'degraded' : status;
}

function nameReport({ service, name, state, detail, endpoints, since, nextAt }: NameStatus): NameReport {
  const next = nextAt === null ? null : new Date(nextAt).toISOString();
  return { service, name, state, detail, endpoints, since: new Date(since).toISOString(), next };
}

type Subject = { readonly backend: Backend; readonly report: Report; readonly pool: Pool };

function* subjectsOf({ pools }: Pooled, { standing }: StatusSources): Generator<Subject> {
  for (const { pool } of pools) {
    for (const backend of pool.backends) {
      const report = standing.report(backend.slot);
      if (report !== null) yield { backend, report, pool };
    }
  }
}

function subjectNamed({ pools }: Pooled, name: string, { standing }: StatusSources): Subject | null {
  for (const { pool } of pools) {
    const backend = pool.backends.find((candidate) => candidate.name === name);
    const report = backend === undefined ? null : standing.report(backend.slot);
    if (backend !== undefined && report !== null) return { backend, report, pool };
  }
  return null;
}

function backendStatus({ backend, report, pool }: Subject, sources: StatusSources): BackendStatus {
  const { traffic } = backend;
  const { state, admission, weight } = report;
  const reason = pool.reason(backend);
  const bearers = [backend, ...sources.slots.earlierOf(backend)];
  const inFlight = bearers.reduce((sum, one) => sum + one.inFlight, 0);
  return {
    name: backend.name,
    url: shownUrl(backend.options.url),
    ...standingWords(backend, report, inFlight),
    eligible: reason === null,
    reason,
    drain_deadline:
      admission.state === 'draining' && admission.until !== null ? new Date(admission.until).toISOString() : null,
    since: state.health === 'unknown' ? null : new Date(state.since).toISOString(),
    evidence: state.health === 'unknown' ? null : describeEvidence(state.evidence),
    weight,
    backup: backend.options.tier > 0,
    in_flight: inFlight,
    tunnels: bearers.reduce((sum, one) => sum + one.tunnels, 0),
    streams: bearers.reduce((sum, one) => sum + one.streams, 0),
    idle_connections: backend.idle,
    open_connections: backend.open,
    requests: traffic.requests,
    failures: traffic.failures,
  };
}

/** How a backend stands in words. `inFlight`: its requests. */
export function standingWords(
  backend: Pick<Backend, 'obstacle' | 'options' | 'isFailing' | 'isUntried'>,
  { state, admission }: Pick<Report, 'state' | 'admission'>,
  inFlight: number,
): Pick<BackendStatus, 'state' | 'health' | 'admission'> {
  return {
    state: backend.obstacle === 'draining' && inFlight === 0 ? 'drained' : (backend.obstacle ?? wordOf(backend)),
    health: backend.options.check !== null ? state.health : backend.isFailing ? 'unhealthy' : 'healthy',
    admission: admission.state,
  };
}

function wordOf({ isFailing, isUntried }: Pick<Backend, 'isFailing' | 'isUntried'>): BackendStatus['state'] {
  if (isFailing) return 'failing';
  return isUntried ? 'unchecked' : 'healthy';
}
