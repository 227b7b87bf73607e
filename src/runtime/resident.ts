// A tenant that lives in the gateway. It comes with the first plan that names it and goes with the last; in between, one
// plan after another changes it in place, so that its pools, their connections and all that is known of its backends go on.
import { OWN_POOL } from '../core/pool-name.ts';
import { type Site, type Tenant, type TenantPool, Ways } from '../forward/snapshot.ts';
import { ascii } from '../message/bytes.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { TenantPlan } from '../plan/plan.ts';
import { poolsOf } from '../plan/pools-of.ts';
import { type PolicyLists, type PolicyMaker, closeMissing } from '../policies/lists.ts';
import {
  type PoolVersion,
  type ResidentPoolTools,
  closePool,
  newPool,
  nextVersion,
  putToWork,
} from './resident-pool.ts';

/** What tenants are made with. */
export type ResidentTools = ResidentPoolTools & { readonly policies: PolicyMaker };

/** A tenant as one plan has it, made and not yet at work. */
export type Version = {
  readonly plan: TenantPlan;
  readonly tenant: Tenant;
  /** Its own pool first. */
  readonly pools: readonly PoolVersion[];
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
    const pools = poolsOf(plan).map((pool) => newPool(pool, tools));
    return new Resident(versionOf(plan, pools, tools.policies.make(plan.name, plan.policies)), tools);
  }

  /** What it is at the moment, to come back to. */
  get present(): Version {
    return this.version;
  }

  /** Makes what another plan wants of it. Nothing changes by it, so that it may fail. */
  prepare(plan: TenantPlan): Version {
    const { version, tools } = this;
    const present = version.tenant.policies;
    const policies = isSameData(plan.policies, version.plan.policies)
      ? present
      : tools.policies.make(plan.name, plan.policies, present);
    const known = new Map(version.pools.map((pool) => [pool.plan.pool.pool, pool]));
    const pools = poolsOf(plan).map((pool) => {
      const before = known.get(pool.pool.pool);
      return before === undefined ? newPool(pool, tools) : nextVersion(before, pool, tools);
    });
    return versionOf(plan, pools, policies);
  }

  /** Puts it to work. */
  takeOver(next: Version): void {
    const before = this.version;
    closeMissing(this.current.policies, next.tenant.policies);
    this.version = next;
    this.current = next.tenant;
    for (const pool of next.pools) putToWork(pool);
    const kept = new Set(next.pools.map(({ served }) => served.pool));
    for (const pool of before.pools) if (!kept.has(pool.served.pool)) closePool(pool);
  }

  /** Begins: its names are watched and its backends probed. */
  open(): void {
    for (const { served, plan } of this.version.pools) served.members.use(plan.services);
  }

  /** Ends: nobody is led here any more. What is in flight goes on to its end, and who waits is told that it is in vain. */
  close(): void {
    closeMissing(this.current.policies, null);
    for (const pool of this.version.pools) closePool(pool);
  }
}

function versionOf(plan: TenantPlan, pools: readonly PoolVersion[], policies: PolicyLists | null): Version {
  const served = pools.map((version) => version.served);
  const [own] = served;
  if (own === undefined) throw new Error('a tenant has a pool of its own, even if it has no backends');
  const tenant: Tenant = {
    ...own,
    name: plan.name,
    domains: plan.domains,
    prefixes: plan.prefixes,
    paths: plan.paths,
    listeners: plan.listeners,
    pools: served,
    hasPool: plan.usesOwnPool,
    bodyBytes: plan.bodyBytes,
    passesTrailers: plan.passesTrailers,
    mapsBack: plan.mapsBack,
    policies,
    ways: plan.pools.length === 0 ? null : new Ways(byName(plan, served)),
    allowedClaims: plan.allowedClaims.length === 0 ? null : plan.allowedClaims.map(ascii),
  };
  return { plan, tenant, pools };
}

function byName({ usesOwnPool }: TenantPlan, pools: readonly TenantPool[]): ReadonlyMap<string, TenantPool> {
  const named = pools.map((served) => [served.pool.options.pool ?? OWN_POOL, served] as const);
  return new Map(named.filter(([name]) => name !== OWN_POOL || usesOwnPool));
}
