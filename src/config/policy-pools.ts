// Pools that policies send requests to: the tenant must have them.
import { nearest } from '../core/near-miss.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import type { PolicyKind } from '../policies/contract.ts';
import { policies as allKinds } from '../policies/registry.ts';
import type { Finding } from './finding.ts';
import { type PolicyEntry, typesIn } from './policies.ts';
import type { Path } from './problems.ts';
import { actionsOf } from './routes.ts';
import type { Config, TenantConfig } from './schema.ts';

type Kinds = readonly PolicyKind<unknown>[];

/** A finding for each pool that a policy names and its tenant does not have. */
export function checkPolicyPools(config: Config, kinds: Kinds = allKinds): readonly Finding[] {
  const naming = new Map(kinds.filter((kind) => 'pools' in kind).map((kind) => [kind.type, kind]));
  if (naming.size === 0) return [];
  const tell = new Naming(config, naming);
  return config.tenants.flatMap((tenant, at) => [
    ...tell.ofList(tenant, tenant.policies, ['tenants', at, 'policies']),
    ...tenant.routes.flatMap((route, number) => {
      const path = ['tenants', at, 'routes', number];
      return [
        ...tell.ofList(tenant, route.policies, [...path, 'policies']),
        ...tell.of(tenant, route, actionsOf(route), path),
      ];
    }),
  ]);
}

class Naming {
  constructor(
    private readonly config: Config,
    private readonly kinds: ReadonlyMap<string, PolicyKind<unknown>>,
  ) {}

  ofList(tenant: TenantConfig, entries: readonly PolicyEntry[], path: Path): readonly Finding[] {
    return entries.flatMap((entry, at) => {
      const { use } = entry;
      if (use === undefined) return this.of(tenant, entry, typesIn(entry), [...path, at]);
      // What a set names may be right for another tenant: it is wrong where it is used.
      const within = (this.config.policy_sets[use] ?? []).flatMap((one) => this.of(tenant, one, typesIn(one), []));
      return within.map((finding) => ({ ...finding, path: [...path, at, 'use'] }));
    });
  }

  of(tenant: TenantConfig, entry: object, types: readonly string[], path: Path): readonly Finding[] {
    const options: Readonly<Record<string, unknown>> = { ...entry };
    return types.flatMap((type) => {
      const named = this.kinds.get(type)?.pools?.(options[type]) ?? [];
      return named
        .filter((pool) => !poolNamesOf(tenant).includes(pool))
        .map((pool) => unknown(tenant, pool, [...path, type]));
    });
  }
}

/** What the pools of a tenant are called, its own first. */
export function poolNamesOf({ pools, services }: TenantConfig): readonly string[] {
  return [...(services.length > 0 ? [OWN_POOL] : []), ...Object.keys(pools)];
}

/** What should stand where a pool is named that the tenant does not have. */
export function expectedPool(names: readonly string[]): string {
  return names.length === 0 ? 'a pool of this name in "pools" of the tenant' : `one of ${names.join(', ')}`;
}

function unknown(tenant: TenantConfig, pool: string, path: Path): Finding {
  const names = poolNamesOf(tenant);
  const meant = nearest(pool, names);
  const message = `no pool of the tenant has the name ${pool}`;
  return { path, message, expected: expectedPool(names), suggest: () => meant };
}
