// How pools are told apart, and what their backends are called.

/** A pool of a tenant. */
export type PoolName = {
  readonly tenant: string;
  /** Null: the tenant's own, which its services make. */
  readonly pool: string | null;
};

/** What a configuration calls the tenant's own pool where it has to name it. */
export const OWN_POOL = 'default';

/** One text for each pool. No name has a slash. */
export function poolKey({ tenant, pool }: PoolName): string {
  return pool === null ? tenant : `${tenant}/${pool}`;
}

/** What a service is called as a backend, so that names are unique in the tenant: `canary/b1`. */
export function backendNameIn(pool: string | null, service: string): string {
  return pool === null ? service : `${pool}/${service}`;
}
