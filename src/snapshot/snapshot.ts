// The compiled, immutable runtime of one configuration.
import type { CompressionSettings } from '../config/resolve.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { Pool } from '../pools/pool.ts';
import type { Router } from '../route/router.ts';

/** One tenant at work. */
export type Tenant = {
  readonly name: string;
  readonly domains: readonly string[];
  readonly pathPrefix: string | null;
  readonly pool: Pool;
  /** How many more attempts an exchange has after its first. */
  readonly retries: number;
  /** How long a request may wait for its response to begin, over all attempts. */
  readonly exchangeTimeout: Millis;
  readonly bodyBytes: Bytes;
  /** Null: its responses are not compressed. */
  readonly compression: CompressionSettings | null;
};

/** Where a route leads. */
export type Destination =
  | {
      readonly kind: 'tenant';
      readonly tenant: Tenant /** Bytes of the path that are not passed on. */;
      readonly strip: number;
    }
  | { readonly kind: 'local'; readonly handler: LocalHandler };

export type Snapshot = {
  readonly router: Router<Destination>;
  readonly tenants: readonly Tenant[];
};
