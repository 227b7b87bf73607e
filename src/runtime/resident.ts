// A tenant that lives in the gateway. It comes with the first plan that names it and goes with the last; in between, one
// plan after another changes it in place, so that its pools, their connections and all that is known of its backends go on.
import type { Admission } from '../admit/admission.ts';
import type { ShareSettings } from '../admit/share.ts';
import { TenantLimits } from '../admit/tenant-limits.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import { TenantUsage } from '../core/tenant-usage.ts';
import { AS_THE_RULE, type Site, type Tenant, type TenantPool, Ways, wayOf } from '../forward/snapshot.ts';
import { ascii } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { TenantPlan } from '../plan/tenant-plan.ts';
import { poolsOf } from '../plan/pools-of.ts';
import { IdentityGuards } from '../policies/identity-guard.ts';
import { type PolicyLists, type PolicyMaker, closeMissing, keepsOutAlike } from '../policies/lists.ts';
import type { Location } from '../route/router.ts';
import {
  type PoolVersion,
  type ResidentPoolTools,
  closePool,
  newPool,
  nextVersion,
  putToWork,
} from './resident-pool.ts';
import { type RouteVersion, routeVersions, tableOf } from './resident-routes.ts';
import type { ShareReports } from './share-reports.ts';

/** What tenants are made with. */
export type ResidentTools = ResidentPoolTools & {
  readonly policies: PolicyMaker;
  readonly admission: Admission;
  readonly shareReports: ShareReports;
};

/** A tenant as one plan has it, made and not yet at work. */
export type Version = {
  readonly plan: TenantPlan;
  readonly tenant: Tenant;
  /** Its own pool first. */
  readonly pools: readonly PoolVersion[];
  readonly routes: readonly RouteVersion[];
};

export class Resident implements Site {
  current: Tenant;

  private constructor(
    private version: Version,
    private readonly tools: ResidentTools,
  ) {
    this.current = version.tenant;
  }

  /** Makes a tenant that is not at work yet: nothing of it is watched or probed. */
  static of(plan: TenantPlan, tools: ResidentTools): Resident {
    const share = tools.admission.shareOf(shareOf(plan));
    const pools: PoolVersion[] = [];
    for (const pool of poolsOf(plan)) pools.push(newPool(pool, share, tools));
    const { numbers } = pools[0].served.pool;
    tools.shareReports.report(share, numbers);
    const limits = new TenantLimits(plan.limits, new TenantUsage(tools.tenants, numbers));
    const policies = tools.policies.make(plan.name, plan.policies);
    const routes = routeVersions(plan, policies, { before: null, maker: tools.policies });
    return new Resident(versionOf(plan, { pools, share, limits, policies, routes }), tools);
  }

  /** What it is at the moment, to come back to. */
  get present(): Version {
    return this.version;
  }

  /** Those of its routes included, each once. */
  get policies(): readonly PolicyLists['made'][number][] {
    const all = policiesOf(this.version).flatMap((list) => list?.made ?? []);
    return [...new Map(all.map((made) => [made.policy, made])).values()];
  }

  readsAlike(head: Head, other: Location): boolean {
    const way = wayOf(this.current, head, head);
    return way === wayOf(this.current, head, other) && keepsOutAlike(way.policies, head, other);
  }

  /** Makes what another plan wants of it. Nothing changes by it, so that it may fail. */
  prepare(plan: TenantPlan): Version {
    const { version, tools } = this;
    const { share, limits, policies: present } = version.tenant;
    const policies = isSameData(plan.policies, version.plan.policies)
      ? present
      : tools.policies.make(plan.name, plan.policies, present);
    const known = new Map(version.pools.map((pool) => [pool.plan.pool.pool, pool]));
    const pools = poolsOf(plan).map((pool) => {
      const before = known.get(pool.pool.pool);
      return before === undefined ? newPool(pool, share, tools) : nextVersion(before, pool, tools);
    });
    const routes = routeVersions(plan, policies, { before: version, maker: tools.policies });
    return versionOf(plan, { pools, share, limits, policies, routes });
  }

  /** What was prepared will not be put to work. */
  drop(next: Version): void {
    closeMissing(policiesOf(next), policiesOf(this.version));
  }

  /** Puts it to work. */
  takeOver(next: Version): void {
    const before = this.version;
    closeMissing(policiesOf(before), policiesOf(next));
    this.version = next;
    this.current = next.tenant;
    next.tenant.share.reconfigure(shareOf(next.plan));
    next.tenant.limits.reconfigure(next.plan.limits);
    for (const pool of next.pools) putToWork(pool);
    const kept = new Set(next.pools.map(({ served }) => served.pool));
    for (const pool of before.pools) if (!kept.has(pool.served.pool)) closePool(pool);
  }

  /** Begins: its names are watched and its backends probed. */
  open(): void {
    for (const { served, plan } of this.version.pools) served.members.use(plan.services);
  }

  /** Its policies do nothing by themselves any more; requests that come in spite of that are still asked about. */
  rest(): void {
    closeMissing(policiesOf(this.version), []);
  }

  /** Ends: nobody is led here any more. What is in flight goes on to its end, and who waits is told that it is in vain. */
  close(): void {
    closeMissing(policiesOf(this.version), []);
    for (const pool of this.version.pools) closePool(pool);
  }
}

function policiesOf({ tenant, routes }: Version): readonly (PolicyLists | null)[] {
  return [tenant.policies, ...routes.map(({ policies }) => policies)];
}

type Parts = Pick<Version, 'pools' | 'routes'> &
  Pick<Tenant, 'share' | 'limits'> & { readonly policies: PolicyLists | null };

function shareOf({ weight, pool }: TenantPlan): ShareSettings {
  return { weight, patience: pool.queueTimeout };
}

function versionOf(plan: TenantPlan, { pools, share, limits, policies, routes }: Parts): Version {
  const [first] = pools;
  if (first === undefined) throw new Error('a tenant has a pool of its own, even if it has no backends');
  const own = first.served;
  // Most tenants have one pool and no routes. Ten thousand of them are made at the start: what is made besides costs time,
  // and leaves holes between what stays.
  const served = pools.length === 1 ? [own] : pools.map((version) => version.served);
  const named = pools.length === 1 && routes.length === 0 ? NO_POOLS : byName(plan, served);
  const common: Tenant = {
    ...own,
    name: plan.name,
    domains: plan.domains,
    prefixes: plan.prefixes,
    paths: plan.paths,
    listeners: plan.listeners,
    pools: served,
    routeName: null,
    share,
    limits,
    hasPool: plan.usesOwnPool,
    bodyBytes: plan.bodyBytes,
    passesTrailers: plan.passesTrailers,
    guards: guardsOf(policies, routes),
    mapsBack: plan.mapsBack,
    policies,
    ways: plan.pools.length === 0 ? null : new Ways(named),
    routes: null,
    strip: AS_THE_RULE,
    clientAuth: plan.tls === null ? 'usual' : plan.tls.clientAuth,
    allowedClaims: plan.allowedClaims.length === 0 ? null : plan.allowedClaims.map(ascii),
  };
  const tenant = routes.length === 0 ? common : { ...common, routes: tableOf(common, routes, named) };
  return { plan, tenant, pools, routes };
}

const NO_POOLS: ReadonlyMap<string, TenantPool> = new Map();
const NO_GUARDS = new IdentityGuards([]);

function guardsOf(policies: PolicyLists | null, routes: readonly RouteVersion[]): IdentityGuards {
  if (routes.length === 0 && (policies === null || policies.guard === null)) return NO_GUARDS;
  return new IdentityGuards([policies, ...routes.map((route) => route.policies)].flatMap((list) => list?.guard ?? []));
}

function byName({ usesOwnPool }: TenantPlan, pools: readonly TenantPool[]): ReadonlyMap<string, TenantPool> {
  const named = pools.map((served) => [served.pool.options.pool ?? OWN_POOL, served] as const);
  return new Map(named.filter(([name]) => name !== OWN_POOL || usesOwnPool));
}
