// The tenants that are served, and where routes lead.
import type { Share } from '../admit/share.ts';
import type { TenantLimits } from '../admit/tenant-limits.ts';
import type { RetrySettings } from '../config/retry.ts';
import type { ClientAuth } from '../core/certificate-source.ts';
import type { Quantile } from '../core/quantile.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { Head } from '../message/head.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { IdentityGuards } from '../policies/identity-guard.ts';
import type { PolicyLists } from '../policies/lists.ts';
import type { Backend } from '../pools/backend.ts';
import type { Pool } from '../pools/pool.ts';
import type { RetryBudget } from '../pools/retry-budget.ts';
import type { Inner } from '../route/decide.ts';
import type { RouteTable } from '../route/route-table.ts';
import type { Location, Router } from '../route/router.ts';
import type { Members } from '../pools/members.ts';

/** How the gateway retries a tenant's requests. */
export type TenantRetry = RetrySettings & {
  readonly budget: RetryBudget;
  /** How long an attempt may wait for a response to begin while another attempt is possible; 0: no such limit. */
  readonly perTryTimeout: Millis;
  /** A first attempt needs deadlines besides those of its connection. */
  readonly watchesTime: boolean;
  /** The latency after which a request that only reads is sent to a second backend, too; null: never. */
  readonly hedge: Quantile | null;
  /** A request with an Idempotency-Key may be sent twice. */
  readonly trustsKeys: boolean;
  readonly replayBytes: Bytes;
};

/** See `Tenant.strip`. */
export const AS_THE_RULE = -1;

/** A pool of a tenant, and how requests to it are served. */
export type TenantPool = {
  /** The same object in the next plan, as long as the pool keeps its name. */
  readonly pool: Pool;
  readonly members: Members;
  readonly retry: TenantRetry;
  /** How long a request may wait for its response to begin, over all attempts. */
  readonly exchangeTimeout: Millis;
  /** While the pool is crowded, a body of known length up to this is read before a backend is asked. */
  readonly requestBuffer: Bytes;
};

/** A tenant as one plan defines it, with the pool that a request goes to. An exchange keeps the tenant that it began with. */
export type Tenant = TenantPool & {
  readonly name: string;
  readonly domains: readonly string[];
  readonly prefixes: readonly string[];
  readonly paths: readonly string[];
  readonly listeners: readonly string[] | null;
  /** All of its pools, its own first. */
  readonly pools: readonly TenantPool[];
  /** The route that leads here; null: the tenant's own rule, or a route without a name. */
  readonly routeName: string | null;
  /** Its part of the event loop, for all of its pools and routes; the same object as long as the tenant keeps its name. */
  readonly share: Share;
  /** What it may have besides, in all processes together; the same object as long. */
  readonly limits: TenantLimits;
  /** Its pool serves requests. Otherwise they have no route unless a policy sends them to another pool. */
  readonly hasPool: boolean;
  readonly bodyBytes: Bytes;
  /** Its backends get the trailers of requests. */
  readonly passesTrailers: boolean;
  /** Of its policies and those of its routes. */
  readonly guards: IdentityGuards;
  /** Places in answers are changed to what the client knows. */
  readonly mapsBack: boolean;
  /** Fields of clients that go on although they are kept back as a rule; null: none. */
  readonly allowedClaims: readonly Uint8Array[] | null;
  /** Null: it has none. */
  readonly policies: PolicyLists | null;
  /** Leads to its other pools; null: it has no other. */
  readonly ways: Ways | null;
  /** The same tenant with the pool, the policies and what else each of its routes says; null: it has no routes. */
  readonly routes: RouteTable<Tenant> | null;
  /** Bytes of the path that are not passed on; AS_THE_RULE: as many as the tenant's own rule says. */
  readonly strip: number;
  /** What clients of its hosts are asked for; null: nothing. `usual`: what all are. */
  readonly clientAuth: ClientAuth | null | 'usual';
};

/** The ways of a tenant to its pools, by their names. Each is made when it is first taken. */
export class Ways {
  private readonly made = new Map<string, Tenant>();

  constructor(private readonly pools: ReadonlyMap<string, TenantPool>) {}

  /** The same tenant with that pool; null: there is none of that name. */
  to(tenant: Tenant, name: string): Tenant | null {
    const known = this.made.get(name);
    if (known !== undefined) return known;
    const pool = this.pools.get(name);
    if (pool === undefined) return null;
    const way = { ...tenant, ...pool, hasPool: true };
    this.made.set(name, way);
    return way;
  }
}

/** The place of a tenant, with the tenant as it is now. Routes lead to the site, which stays as long as the tenant keeps
 * its name: a tenant that changes needs no new routes. */
export interface Site extends Inner {
  readonly current: Tenant;
}

/** Where a route leads. */
export type Destination = {
  /** The destination serves TRACE requests. */
  readonly allowsTrace: boolean;
} & (
  | {
      readonly kind: 'tenant';
      readonly site: Site;
      /** Bytes of the path that are not passed on. */
      readonly strip: number;
    }
  | { readonly kind: 'local'; readonly handler: LocalHandler }
);

/** All tenants, in the order of the configuration, and the routes to them. */
export type Snapshot = {
  /** Of the plan that it was made of; 0: of none. */
  readonly planNumber: number;
  readonly router: Router<Destination>;
  /** The routes of listeners that tenants name, by their names; `router` has those of all others. */
  readonly byListener: ReadonlyMap<string, Router<Destination>>;
  /** By their keys. */
  readonly listeners: ReadonlyMap<string, ListenerFacts>;
  /** The listener that sees it sends clients to this port, by https; null: it serves them. */
  readonly httpsPort: number | null;
  readonly sites: readonly Site[];
};

/** What a listener does with requests. `name`: null: tenants cannot name it. */
export type ListenerFacts = { readonly name: string | null; readonly httpsPort: number | null };

const UNKNOWN: ListenerFacts = { name: null, httpsPort: null };

/** Holds the snapshot that new exchanges are routed by. */
export class SnapshotStore {
  private readonly listeners = new Set<ListenerStore>();

  /** `name`: of the listener that it is for. */
  constructor(
    private snapshot: Snapshot,
    private readonly name = '',
  ) {}

  /** What one listener is to route by, until it is released. It has a store of its own, so that no request has to ask where
   * it came in. */
  ofListener(key: string): ListenerStore {
    const store = new ListenerStore(key, this.snapshot, this.listeners);
    this.listeners.add(store);
    return store;
  }

  get current(): Snapshot {
    return this.snapshot;
  }

  /** What records call the listener. */
  get listener(): string {
    return this.name;
  }

  swap(next: Snapshot): void {
    this.snapshot = next;
    for (const store of this.listeners) store.follow(next);
  }
}

/** The routes of one listener. One that a plan has removed stays what it was for the requests that still come. */
export class ListenerStore extends SnapshotStore {
  private facts: ListenerFacts;

  constructor(
    private readonly key: string,
    whole: Snapshot,
    private readonly followers: Set<ListenerStore>,
  ) {
    const facts = whole.listeners.get(key) ?? UNKNOWN;
    super(asSeen(whole, facts));
    this.facts = facts;
  }

  /** As the configuration calls it, or by its address. */
  override get listener(): string {
    return this.facts.name ?? this.key;
  }

  follow(whole: Snapshot): void {
    this.facts = whole.listeners.get(this.key) ?? this.facts;
    this.swap(asSeen(whole, this.facts));
  }

  /** The listener and its last connection have ended. */
  release(): void {
    this.followers.delete(this);
  }
}

function asSeen(whole: Snapshot, { name, httpsPort }: ListenerFacts): Snapshot {
  const seen = ofListener(whole, name);
  return httpsPort === null ? seen : { ...seen, httpsPort };
}

/** The snapshot as a listener of that name sees it. */
export function ofListener(snapshot: Snapshot, name: string | null): Snapshot {
  const router = name === null ? undefined : snapshot.byListener.get(name);
  return router === undefined ? snapshot : { ...snapshot, router };
}

/** A store of routes that never change. */
export function routesAlone(router: Router<Destination>): Snapshot {
  return { planNumber: 0, router, byListener: new Map(), listeners: new Map(), httpsPort: null, sites: [] };
}

/** The tenant with that pool; null: it has none of that name. */
export function wayTo(tenant: Tenant, pool: string): Tenant | null {
  if (tenant.ways !== null) return tenant.ways.to(tenant, pool);
  return pool === poolNameOf(tenant) ? tenant : null;
}

/** What its pool is called; null: it has none. */
export function poolNameOf({ hasPool, pool }: Tenant): string | null {
  return hasPool ? (pool.options.pool ?? OWN_POOL) : null;
}

/** The tenant as the route of a request has it. `at`: where its path lies, if it is to be read in another way. */
export function wayOf(whole: Tenant, head: Head, at: Location = head): Tenant {
  const route = whole.routes === null ? null : whole.routes.find(head, at);
  return route === null ? whole : route.value;
}

/** All backends of a tenant, those of its own pool first. */
export function backendsOf({ pools }: Pick<Tenant, 'pools'>): readonly Backend[] {
  const [only] = pools;
  return pools.length === 1 && only !== undefined ? only.pool.backends : pools.flatMap(({ pool }) => pool.backends);
}

/** The backend of that tenant with this name; null: there is none. Not for the hot path either. */
export function backendNamed(snapshot: Snapshot, tenant: string, name: string): Backend | null {
  const owner = tenantNamed(snapshot, tenant);
  return owner === null ? null : (backendsOf(owner).find((backend) => backend.name === name) ?? null);
}

/** The tenant with this name; null: there is none. Looks at all tenants, so it is not for the hot path. */
export function tenantNamed({ sites }: Snapshot, name: string): Tenant | null {
  return sites.find(({ current }) => current.name === name)?.current ?? null;
}
