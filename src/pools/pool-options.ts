// What a tenant's configuration says of its pool.
import type { AffinityPlan, PoolPlan } from '../plan/plan.ts';

export type PoolOptions = Omit<PoolPlan, 'affinity'> & {
  /** Null: clients have no backend of their own. */
  readonly affinity: AffinitySettings | null;
};

export type AffinitySettings = AffinityPlan & { readonly secret: string };

/** `ownSecret` signs where the configuration names no secret. */
export function poolOptions(plan: PoolPlan, ownSecret: string): PoolOptions {
  const { affinity } = plan;
  return { ...plan, affinity: affinity === null ? null : { ...affinity, secret: affinity.secret ?? ownSecret } };
}
