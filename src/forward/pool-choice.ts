// A policy chooses the pool of a request, and where it goes when nobody there can take it.
import type { ClientFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import { type Aim, type Search, aimAt } from './search.ts';
import { type Tenant, wayTo } from './snapshot.ts';

/** The exchange, as far as its pool is concerned. */
export interface PoolChooser {
  readonly head: Head;
  readonly client: ClientFacts;
  tenant: Tenant | null;
  readonly attempts: { readonly search: Search };
}

/** Has the exchange go to that pool, or if need be to the other one. False: there is none of such a name. */
export function choosePool(exchange: PoolChooser, name: string, orElse: string | null): boolean {
  const { tenant } = exchange;
  const way = tenant === null ? null : wayTo(tenant, name);
  const other = tenant === null || orElse === null ? null : wayTo(tenant, orElse);
  if (way === null || (orElse !== null && other === null)) return false;
  exchange.tenant = way;
  exchange.attempts.search.spare = other === null || other.pool === way.pool ? null : spareFor(exchange, other);
  return true;
}

function spareFor(exchange: PoolChooser, tenant: Tenant): Aim {
  const aim: Aim = { tenant, wanted: null, keyHash: 0 };
  aimAt(tenant.pool, exchange, aim);
  return aim;
}
