// What a plan changes of the one in force. Pure.
import type { Plan, TenantPlan } from './plan.ts';

export type Difference = {
  readonly added: readonly TenantPlan[];
  /** Known by name, and of another fingerprint. */
  readonly changed: readonly TenantPlan[];
  /** By name. */
  readonly removed: readonly string[];
  /** Requests may go elsewhere: routes have to be made anew. */
  readonly changesRoutes: boolean;
};

/** `before` null: nothing is in force yet. */
export function difference(before: Plan | null, after: Plan): Difference {
  const known = new Map(before?.tenants.map((tenant) => [tenant.name, tenant]));
  const added: TenantPlan[] = [];
  const changed: TenantPlan[] = [];
  let changesRoutes = before?.gateway.admin.basePath !== after.gateway.admin.basePath;
  for (const tenant of after.tenants) {
    const old = known.get(tenant.name);
    known.delete(tenant.name);
    if (old === undefined) added.push(tenant);
    else if (old.fingerprint !== tenant.fingerprint) {
      changed.push(tenant);
      changesRoutes ||= !hasSameRoutes(old, tenant);
    }
  }
  const removed = [...known.keys()];
  return { added, changed, removed, changesRoutes: changesRoutes || added.length > 0 || removed.length > 0 };
}

function hasSameRoutes(one: TenantPlan, other: TenantPlan): boolean {
  const { domains, pathPrefix, allowsTrace } = one;
  if (pathPrefix !== other.pathPrefix || allowsTrace !== other.allowsTrace) return false;
  return domains.length === other.domains.length && domains.every((domain, at) => domain === other.domains[at]);
}
