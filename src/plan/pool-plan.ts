// A pool as a plan has it: its services and backends, their checks, and how requests to it are served and tried again.
import type { z } from 'zod';
import type { balancers } from '../balance/registry.ts';
import type { BackendUrl } from '../config/backend-url.ts';
import type { protocols } from '../config/protocol.ts';
import type { CheckOptions } from '../config/resolve.ts';
import type { RetryBudgetSettings, RetrySettings } from '../config/retry.ts';
import type { Trust } from '../core/connector.ts';
import type { PoolName } from '../core/pool-name.ts';
import type { Bytes, Millis, Share } from '../core/units.ts';
import type { DiscoverySpec, HostSpec } from '../discovery/contract.ts';
import type { Schedule } from '../probing/contract.ts';
import type { LastResort } from '../standing/last-resort.ts';
import type { OutlierSettings } from '../standing/outlier.ts';
import type { SlowStartSettings } from '../standing/slow-start.ts';

/** A pool, and how requests to it are served. */
export type PoolSettings = {
  readonly balance: BalancePlan;
  readonly services: readonly ServicePlan[];
  readonly pool: PoolPlan;
  readonly retry: RetryPlan;
  /** How long a request may wait for its response to begin, over all attempts. */
  readonly exchangeTimeout: Millis;
  /** Bodies known to be no longer are read before a backend is asked. */
  readonly requestBuffer: Bytes;
};

export type BalancerOptions = z.output<(typeof balancers)[number]['options']>;

/** A balancer as its registry makes it. */
export type BalancePlan = { readonly type: string; readonly options: BalancerOptions };

/** One service: a backend, or a name that leads to some. */
export type ServicePlan = {
  /** The backend; where a name is watched, what is the same for all of its backends. */
  readonly backend: BackendPlan;
  /** Null: its URL is its one backend. */
  readonly discovery: DiscoverySpec | null;
};

/** How requests are sent to a backend. */
export type TransportType = (typeof protocols)[number];

export type BackendPlan = PoolName & {
  /** Unique in its tenant: `canary/b1` is b1 of the pool canary. */
  readonly name: string;
  /** Says whether two backends of one tenant, in two plans, are the same: by name and address. */
  readonly identity: string;
  readonly url: BackendUrl;
  /** How it proves who it is, where its URL has TLS. */
  readonly trust: Trust;
  /** Its host, where that is a name; null: an address. */
  readonly host: HostSpec | null;
  /** Relative to the others of its pool. */
  readonly weight: number;
  /** Those of a higher tier get requests only while all of the lower ones are out. */
  readonly tier: number;
  /** The most requests that it serves at a time. */
  readonly maxRequests: number;
  /** The client's Host goes on; otherwise that of the URL. */
  readonly passHost: boolean;
  /** The protocol that it is spoken to in. */
  readonly transport: TransportType;
  /** Null: no check. Such a backend is eligible from the start, and only passive evidence can take it out. */
  readonly check: CheckPlan | null;
  /** Null: traffic never ejects it. */
  readonly outlier: OutlierSettings | null;
};

/** A health check as its registry makes it. */
export type CheckPlan = {
  readonly type: string;
  readonly options: CheckOptions;
  readonly schedule: Schedule;
  /** The host that probes go to instead of the backend's, where that is a name; null: there is none. */
  readonly host: HostSpec | null;
  /** The same for checks that ask the same address the same question. */
  readonly key: string;
};

/** What a configuration says of a pool. */
export type PoolPlan = PoolName & {
  readonly maxIdle: number;
  /** Requests that each backend may have besides those that hold a place. */
  readonly maxStreams: number;
  /** Connections that each backend of HTTP/2 may have. */
  readonly maxConnections: number;
  readonly streamAfter: Millis;
  readonly pingAfter: Millis;
  readonly surplusTimeout: Millis;
  /** A backend may refuse a request that was sent, and say that it has not looked at it (HTTP/2). */
  readonly mayRefuse: boolean;
  /** Connections that are opened ahead when a backend begins to get requests. */
  readonly warm: number;
  readonly idleTimeout: Millis;
  readonly maxQueue: number;
  readonly queueTimeout: Millis;
  readonly connectTimeout: Millis;
  readonly firstByteTimeout: Millis;
  readonly streamIdleTimeout: Millis;
  readonly tunnelIdleTimeout: Millis;
  /** How long the requests of a backend that a reload has removed may go on. */
  readonly removedTimeout: Millis;
  readonly slowStart: SlowStartSettings;
  readonly whenNoneEligible: LastResort;
  /** Null: clients have no backend of their own. */
  readonly affinity: AffinityPlan | null;
};

export type AffinityPlan = {
  readonly tenant: string;
  readonly cookie: string;
  /** Null: the gateway's own, which ends with it. */
  readonly secret: string | null;
  /** Where the cookie is sent back to. */
  readonly path: string;
  /** In seconds; null: until the browser ends. */
  readonly maxAge: number | null;
};

/** How a tenant's requests are tried again. */
export type RetryPlan = RetrySettings & {
  readonly budget: RetryBudgetSettings;
  /** To the first byte of a response, while another attempt is possible; 0: no limit of its own. */
  readonly perTryTimeout: Millis;
  /** The first attempt needs a clock of its own: for a hedge, a time limit per attempt, or a short exchange timeout. */
  readonly watchesTime: boolean;
  /** The share of latencies after which a request that only reads is sent to a second backend, too; null: never. */
  readonly hedgeAfter: Share | null;
  /** An Idempotency-Key makes a request repeatable. */
  readonly trustsKeys: boolean;
  readonly replayBytes: Bytes;
};
