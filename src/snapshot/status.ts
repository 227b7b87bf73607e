// What the gateway knows of its tenants and backends now, as data: read by the admin API, the demo and `explain`.
import type { Backend } from '../pools/backend.ts';
import type { Pool } from '../pools/pool.ts';
import { isServing } from '../pools/selection.ts';
import { describeEvidence } from '../health/state-machine.ts';
import type { Snapshot, Tenant } from './snapshot.ts';

export type BackendStatus = {
  readonly name: string;
  /** Without credentials. */
  readonly url: string;
  readonly health: 'unknown' | 'healthy' | 'unhealthy';
  readonly eligible: boolean;
  /** The one reason why it is not eligible; null where it is. */
  readonly reason: string | null;
  /** Since when its health is what it is (ISO 8601), and by what evidence; null before the first verdict. */
  readonly since: string | null;
  readonly evidence: string | null;
  /** What people have decided; draining: until `drain_deadline` (ISO 8601), or for as long as it takes (null). */
  readonly admission: 'open' | 'draining' | 'disabled';
  readonly drain_deadline: string | null;
  /** As the balancer sees it. */
  readonly weight: number;
  readonly backup: boolean;
  readonly in_flight: number;
  /** Of these, WebSockets and other changed protocols. */
  readonly tunnels: number;
  readonly idle_connections: number;
  readonly requests: number;
  readonly failures: number;
};

export type TenantStatus = {
  readonly name: string;
  readonly domains: readonly string[];
  readonly path_prefix: string | null;
  /** healthy: all backends are; degraded: some are not; unhealthy: none can take a request. */
  readonly status: OverallStatus;
  readonly healthy: number;
  readonly total: number;
  readonly waiting: number;
  readonly backends: readonly BackendStatus[];
};

export type OverallStatus = 'healthy' | 'degraded' | 'unhealthy';

/** The state of every tenant. */
export function readStatus(snapshot: Snapshot): readonly TenantStatus[] {
  return snapshot.tenants.map(tenantStatus);
}

/** The whole in one word: unhealthy where no tenant can serve. */
export function overallStatus(tenants: readonly TenantStatus[]): OverallStatus {
  if (tenants.every((tenant) => tenant.status === 'healthy')) return 'healthy';
  return tenants.every((tenant) => tenant.status === 'unhealthy') ? 'unhealthy' : 'degraded';
}

function tenantStatus(tenant: Tenant): TenantStatus {
  const backends = tenant.pool.backends.map((backend) => backendStatus(tenant.pool, backend));
  const healthy = tenant.pool.backends.filter(isServing).length;
  return {
    name: tenant.name,
    domains: tenant.domains,
    path_prefix: tenant.pathPrefix,
    status: healthy === 0 ? 'unhealthy' : healthy === backends.length ? 'healthy' : 'degraded',
    healthy,
    total: backends.length,
    waiting: tenant.pool.waiting,
    backends,
  };
}

function backendStatus(pool: Pool, backend: Backend): BackendStatus {
  const { state, traffic, admission } = backend;
  const reason = pool.health.reason(backend);
  return {
    name: backend.name,
    url: backend.options.url.safe,
    health: backend.options.check === null ? 'healthy' : state.health,
    eligible: reason === null,
    reason,
    admission: admission.state,
    drain_deadline:
      admission.state === 'draining' && admission.until !== null ? new Date(admission.until).toISOString() : null,
    since: state.health === 'unknown' ? null : new Date(state.since).toISOString(),
    evidence: state.health === 'unknown' ? null : describeEvidence(state.evidence),
    weight: backend.weight,
    backup: backend.options.tier > 0,
    in_flight: backend.inFlight,
    tunnels: backend.tunnels,
    idle_connections: backend.idle.length,
    requests: traffic.requests,
    failures: traffic.failures,
  };
}
