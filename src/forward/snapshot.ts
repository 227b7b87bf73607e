// The tenants at work, and where routes lead.
import type { RetrySettings } from '../config/retry.ts';
import type { Quantile } from '../core/quantile.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { PolicyLists } from '../policies/lists.ts';
import type { Pool } from '../pools/pool.ts';
import type { RetryBudget } from '../pools/retry-budget.ts';
import type { Router } from '../route/router.ts';
import type { Members } from '../pools/members.ts';

/** How a tenant's requests are tried again. */
export type TenantRetry = RetrySettings & {
  readonly budget: RetryBudget;
  /** To the first byte of a response, while another attempt is possible; 0: no limit of its own. */
  readonly perTryTimeout: Millis;
  /** A first attempt may have to end before its own clocks say so. */
  readonly watchesTime: boolean;
  /** The latency after which a request that only reads is sent to a second backend, too; null: never. */
  readonly hedge: Quantile | null;
  /** An Idempotency-Key makes a request repeatable. */
  readonly trustsKeys: boolean;
  readonly replayBytes: Bytes;
};

/** One tenant at work, as one plan has it. An exchange keeps the one that it began with. */
export type Tenant = {
  readonly name: string;
  readonly domains: readonly string[];
  readonly pathPrefix: string | null;
  /** The same from one plan to the next, as long as the tenant keeps its name. */
  readonly pool: Pool;
  readonly members: Members;
  readonly retry: TenantRetry;
  /** How long a request may wait for its response to begin, over all attempts. */
  readonly exchangeTimeout: Millis;
  readonly bodyBytes: Bytes;
  /** Bodies known to be no longer are read before a backend is asked. */
  readonly requestBuffer: Bytes;
  /** Its backends get the trailers of requests. */
  readonly passesTrailers: boolean;
  /** Null: it has none. */
  readonly policies: PolicyLists | null;
};

/** The place of a tenant: the same as long as it keeps its name, with the tenant as it is now. Routes lead here, so that
 * a tenant that changes needs no new routes. */
export interface Site {
  readonly current: Tenant;
}

/** Where a route leads. */
export type Destination = {
  /** TRACE requests are served there. */
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
  readonly router: Router<Destination>;
  readonly sites: readonly Site[];
};

/** Holds the snapshot that new exchanges are routed by. */
export class SnapshotStore {
  constructor(private snapshot: Snapshot) {}

  get current(): Snapshot {
    return this.snapshot;
  }

  swap(next: Snapshot): void {
    this.snapshot = next;
  }
}

/** A tenant by its name; null: there is none. Looks at all of them: for people who ask. */
export function tenantNamed({ sites }: Snapshot, name: string): Tenant | null {
  return sites.find(({ current }) => current.name === name)?.current ?? null;
}
