// A policy chooses the pool of a request, and where it goes when nobody there can take it.
import type { ClientFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import { balanceKey } from '../pools/balance-key.ts';
import type { Aim, Search } from './search.ts';
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
  exchange.attempts.search.spare = other === null || other.pool === way.pool ? null : aimAt(other, exchange);
  return true;
}

function aimAt(tenant: Tenant, { head, client }: PoolChooser): Aim {
  const { keySource, affinity } = tenant.pool;
  const wanted = affinity === null ? null : affinity.backendOf(head);
  return { tenant, wanted, keyHash: keySource === null ? 0 : balanceKey(keySource, head, client) };
}
