// A tenant in a line: how it stands, and the one reason why, without a look at each of its backends unless something is wrong.
import type { QuarantinedTenant } from '../config/last-good.ts';
import type { Snapshot, Tenant } from '../forward/snapshot.ts';
import type { OverallStatus } from './shapes/tenant.ts';
import { atMostDegraded, backendCountOf, statusOfTenant, wellCountOf } from './status.ts';

export type TenantBrief = {
  readonly name: string;
  readonly status: OverallStatus;
  /** Backends that serve, of all. */
  readonly well: number;
  readonly total: number;
  readonly inFlight: number;
  /** Null: nothing is wrong. */
  readonly problem: BriefProblem | null;
};

/** `backend` null: it is not one backend alone. */
export type BriefProblem = { readonly text: string; readonly backend: string | null };

/** All tenants, in the order of the configuration. */
export function* readBriefs(snapshot: Snapshot, quarantined: readonly QuarantinedTenant[]): Generator<TenantBrief> {
  const broken = new Map(quarantined.map(({ tenant, problems }) => [tenant, problems[0]?.message ?? 'it is broken']));
  for (const { current } of snapshot.sites) yield briefOf(current, broken.get(current.name) ?? null);
}

/** Requests being served, of a tenant. */
export function inFlightOf({ pools }: Pick<Tenant, 'pools'>): number {
  return pools.reduce((sum, { pool }) => sum + pool.inFlight, 0);
}

function briefOf(tenant: Tenant, broken: string | null): TenantBrief {
  const status = statusOfTenant(tenant);
  return {
    name: tenant.name,
    status: broken === null ? status : atMostDegraded(status),
    well: wellCountOf(tenant),
    total: backendCountOf(tenant),
    inFlight: inFlightOf(tenant),
    problem: status !== 'healthy' ? backendProblem(tenant, status) : brokenProblem(broken),
  };
}

function brokenProblem(broken: string | null): BriefProblem | null {
  return broken === null ? null : { text: `its configuration is broken: ${broken}`, backend: null };
}

function backendProblem(tenant: Tenant, status: OverallStatus): BriefProblem {
  const total = backendCountOf(tenant);
  if (total === 0) return { text: 'it has no backend', backend: null };
  const out = tenant.pools.flatMap(({ pool }) =>
    pool.backends.filter(({ isServing, isFailing }) => !isServing || isFailing).map((backend) => ({ pool, backend })),
  );
  const [first] = out;
  if (first === undefined) return { text: 'its backends change', backend: null };
  const { pool, backend } = first;
  const reason = pool.reason(backend) ?? 'its requests fail';
  const others = out.length > 1 ? `, and ${out.length - 1} more` : '';
  const counted = status === 'unhealthy' ? 'no backend serves' : `${total - out.length} of ${total} backends serve`;
  return { text: `${counted}: ${backend.name} (${reason})${others}`, backend: out.length === 1 ? backend.name : null };
}
