// What a tenant has, whatever pool it is in.
import type { PoolSettings, ServicePlan } from './pool-plan.ts';
import type { TenantPlan } from './tenant-plan.ts';

type Pooled = PoolSettings & Pick<TenantPlan, 'pools'>;

/** Its own pool first. */
export function poolsOf(tenant: Pooled): readonly PoolSettings[] {
  return tenant.pools.length === 0 ? [tenant] : [tenant, ...tenant.pools];
}

export function servicesOf(tenant: Pooled): readonly ServicePlan[] {
  return tenant.pools.length === 0 ? tenant.services : poolsOf(tenant).flatMap(({ services }) => services);
}
