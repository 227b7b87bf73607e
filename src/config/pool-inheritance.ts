// What a pool leaves out it has from its tenant. Maps are merged key by key before anything is checked, as with `defaults`.
import type { Path } from './problems.ts';
import { INHERITED } from './pool.ts';
import { merge } from './tenant-defaults.ts';

type Values = Readonly<Record<string, unknown>>;

/** The configuration with the settings of tenants in the maps of their pools. A map that a pool leaves out altogether stays
 * left out: then the pool has the one that its tenant has in the end. */
export function withPools(root: unknown): unknown {
  if (!isMap(root) || !Array.isArray(root['tenants'])) return root;
  const tenants: readonly unknown[] = root['tenants'];
  if (!tenants.some((tenant) => isMap(tenant) && isMap(tenant['pools']))) return root;
  return { __proto__: null, ...root, tenants: tenants.map(withPoolsOfTenant) };
}

function withPoolsOfTenant(tenant: unknown): unknown {
  if (!isMap(tenant) || !isMap(tenant['pools'])) return tenant;
  const pools: Record<string, unknown> = { __proto__: null };
  for (const [name, pool] of Object.entries(tenant['pools']))
    pools[name] = isMap(pool) ? completed(pool, tenant) : pool;
  return { __proto__: null, ...tenant, pools };
}

function completed(pool: Values, tenant: Values): Values {
  const all: Record<string, unknown> = { __proto__: null, ...pool };
  for (const key of INHERITED) if (isMap(pool[key]) && isMap(tenant[key])) all[key] = merge(pool[key], tenant[key]);
  return all;
}

/** Where else a setting of a pool may stand: in its tenant. Null: it is none of a pool. */
export function inheritedFrom([root, at, key, , setting, ...rest]: Path): Path | null {
  if (root !== 'tenants' || at === undefined || key !== 'pools' || typeof setting !== 'string') return null;
  return INHERITED.includes(setting) ? [root, at, setting, ...rest] : null;
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
