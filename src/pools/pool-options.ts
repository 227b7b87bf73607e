// What a tenant's configuration says of its pool.
import type { Millis } from '../core/units.ts';
import type { LastResort } from '../standing/last-resort.ts';
import type { SlowStartSettings } from '../standing/slow-start.ts';

export type PoolOptions = {
  readonly tenant: string;
  readonly maxIdle: number;
  /** Connections that are opened ahead when a backend begins to get requests. */
  readonly warm: number;
  readonly idleTimeout: Millis;
  readonly maxQueue: number;
  readonly queueTimeout: Millis;
  readonly connectTimeout: Millis;
  readonly firstByteTimeout: Millis;
  readonly streamIdleTimeout: Millis;
  readonly tunnelIdleTimeout: Millis;
  readonly slowStart: SlowStartSettings;
  readonly whenNoneEligible: LastResort;
  /** Null: clients have no backend of their own. */
  readonly affinity: AffinitySettings | null;
};

export type AffinitySettings = {
  readonly tenant: string;
  readonly cookie: string;
  readonly secret: string;
  /** Where the cookie is sent back to. */
  readonly path: string;
  /** In seconds; null: until the browser ends. */
  readonly maxAge: number | null;
};
