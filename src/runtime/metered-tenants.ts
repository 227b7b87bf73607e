// Tenants and backends as the metrics show them. Of those that are counted with others nothing is read but how they stand: a
// gateway may have ten times as many as have figures of their own.
import { inFlightOf } from '../admin/brief.ts';
import { standingWords, statusOfTenant } from '../admin/status.ts';
import { FIRST_TENANT, OTHER_BACKENDS } from '../core/series-layout.ts';
import type { Snapshot, Tenant } from '../forward/snapshot.ts';
import type { MeteredBackend, MeteredTenant } from '../observe/metrics/sources.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Backend } from '../pools/backend.ts';
import type { SlotTable } from '../pools/slot-table.ts';
import type { Standing } from '../standing/standing.ts';

export type MeteredSources = {
  readonly standing: Pick<Standing<BackendPlan>, 'report'>;
  readonly slots: Pick<SlotTable, 'earlierOf'>;
};

export function* meteredTenants({ sites }: Snapshot, sources: MeteredSources): Generator<MeteredTenant> {
  for (const { current } of sites) yield meteredTenant(current, sources);
}

function meteredTenant(tenant: Tenant, sources: MeteredSources): MeteredTenant {
  const { name, pools, limits } = tenant;
  const { series, share } = pools[0].pool.numbers;
  const hasOwn = series >= FIRST_TENANT;
  const backends: MeteredBackend[] = [];
  const counts = { total: 0, eligible: 0, waiting: 0 };
  for (const { pool } of pools) {
    if (hasOwn) counts.waiting += pool.waiting;
    for (const backend of pool.backends) {
      counts.total++;
      const metered = backend.traffic.series === OTHER_BACKENDS ? null : meteredBackend(backend, sources);
      if (metered !== null) backends.push(metered);
      if (hasOwn && backend.obstacle === null) counts.eligible++;
    }
  }
  const own = hasOwn
    ? {
        ...counts,
        record: series,
        inFlight: inFlightOf(tenant),
        refusedByShare: share.refused,
        refusedByLimits: limits.refused,
      }
    : null;
  return { name, status: statusOfTenant(tenant), own, backends };
}

// Null: it is in no pool at the moment.
function meteredBackend(backend: Backend, { standing, slots }: MeteredSources): MeteredBackend | null {
  const report = standing.report(backend.slot);
  if (report === null) return null;
  const { traffic } = backend;
  let inFlight = backend.inFlight;
  for (const earlier of slots.earlierOf(backend)) inFlight += earlier.inFlight;
  return {
    name: backend.name,
    record: traffic.series,
    ...standingWords(backend, report, inFlight),
    eligible: backend.obstacle === null,
    weight: report.weight,
    inFlight,
    idle: backend.idle,
    open: backend.open,
    failures: traffic.failures,
  };
}
