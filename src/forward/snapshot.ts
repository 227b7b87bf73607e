// The compiled, immutable runtime of one configuration.
import type { CompressionSettings } from '../config/resolve.ts';
import type { RetrySettings } from '../config/retry.ts';
import type { Quantile } from '../core/quantile.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { LocalHandler } from '../message/local-handler.ts';
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

/** One tenant at work. */
export type Tenant = {
  readonly name: string;
  readonly domains: readonly string[];
  readonly pathPrefix: string | null;
  /** The same from one configuration to the next. */
  readonly pool: Pool;
  /** The balancer and its options, to be compared. */
  readonly balance: string;
  readonly members: Members;
  readonly retry: TenantRetry;
  /** How long a request may wait for its response to begin, over all attempts. */
  readonly exchangeTimeout: Millis;
  readonly bodyBytes: Bytes;
  /** Bodies known to be no longer are read before a backend is asked. */
  readonly requestBuffer: Bytes;
  /** Its backends get the trailers of requests. */
  readonly passesTrailers: boolean;
  /** Null: its responses are not compressed. */
  readonly compression: CompressionSettings | null;
};

/** Where a route leads. */
export type Destination = {
  /** TRACE requests are served there. */
  readonly allowsTrace: boolean;
} & (
  | {
      readonly kind: 'tenant';
      readonly tenant: Tenant;
      /** Bytes of the path that are not passed on. */
      readonly strip: number;
    }
  | { readonly kind: 'local'; readonly handler: LocalHandler }
);

export type Snapshot = {
  readonly router: Router<Destination>;
  readonly tenants: readonly Tenant[];
};

/** One current snapshot; an exchange keeps the one that it began with. */
export class SnapshotStore {
  constructor(private snapshot: Snapshot) {}

  get current(): Snapshot {
    return this.snapshot;
  }

  /** Returns the one that was current before. */
  swap(next: Snapshot): Snapshot {
    const before = this.snapshot;
    this.snapshot = next;
    return before;
  }
}
