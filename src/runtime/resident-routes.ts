// The routes of a tenant that lives in the gateway: each with its policies, which go on from one plan to the next as long as the
// tenant has the route.
import { AS_THE_RULE, type Tenant, type TenantPool, Ways } from '../forward/snapshot.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { RoutePlan, TenantPlan } from '../plan/tenant-plan.ts';
import type { PolicyLists, PolicyMaker } from '../policies/lists.ts';
import type { PathPattern } from '../route/match.ts';
import { type RouteEntry, RouteTable } from '../route/route-table.ts';

/** A route as one plan has it. `policies`: those of its tenant, and its own. */
export type RouteVersion = { readonly plan: RoutePlan; readonly policies: PolicyLists | null };

type Present = {
  readonly tenant: Pick<Tenant, 'policies'>;
  readonly routes: readonly RouteVersion[];
};

const NONE: readonly RouteVersion[] = [];

/** The routes of a tenant with these policies. `before` null: it is new. */
export function routeVersions(
  { name, routes }: TenantPlan,
  common: PolicyLists | null,
  { before, maker }: { readonly before: Present | null; readonly maker: PolicyMaker },
): readonly RouteVersion[] {
  if (routes.length === 0) return NONE;
  const known = new Map(before?.routes.map((route) => [route.plan.id, route]));
  const keepsCommon = before !== null && before.tenant.policies === common;
  return routes.map((plan) => {
    const present = known.get(plan.id) ?? null;
    const isSame = keepsCommon && present !== null && isSameData(present.plan.policies, plan.policies);
    const made = { common, plans: plan.policies, route: plan.id, present: present?.policies ?? null };
    return { plan, policies: isSame ? present.policies : maker.extend(name, made) };
  });
}

/** What leads requests to the ways of a tenant. `common`: the tenant as it is where no route matches. */
export function tableOf(
  common: Tenant,
  routes: readonly RouteVersion[],
  pools: ReadonlyMap<string, TenantPool>,
): RouteTable<Tenant> {
  return new RouteTable(routes.flatMap((route) => entriesOf(common, route, pools)));
}

function entriesOf(
  common: Tenant,
  { plan, policies }: RouteVersion,
  pools: ReadonlyMap<string, TenantPool>,
): readonly RouteEntry<Tenant>[] {
  const { match, pool: name } = plan;
  const pool = name === null ? null : pools.get(name);
  if (pool === undefined) throw new Error(`a route leads to the pool ${name ?? ''}, which is not there`);
  const led = pool === null ? common : { ...common, ...pool, hasPool: true };
  return match.paths.map((pattern) => {
    const ways = common.ways === null ? null : new Ways(pools);
    const value = { ...led, routeName: plan.name, policies, ways, strip: stripOf(plan, pattern) };
    return { name: plan.name, match, pattern, value };
  });
}

// The slash at the end of the prefix is the first of what goes on.
function stripOf({ strips }: RoutePlan, { kind, text }: PathPattern): number {
  if (strips === null) return AS_THE_RULE;
  return strips && kind === 'prefix' ? text.length - 1 : 0;
}
