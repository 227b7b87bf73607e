// A configuration compiled: everything that the gateway is to be, as data. A plan can be cloned to another
// process, compared with another one, and thrown away. What lives (pools, connections, counters) is never in it.
import type { AccessLogSettings } from '../core/access-log-settings.ts';
import type { LogSettings } from '../core/log-settings.ts';
import type { z } from 'zod';
import type { balancers } from '../balance/registry.ts';
import type { AdminAddress } from '../config/admin.ts';
import type { BackendUrl } from '../config/backend-url.ts';
import type { FileShare, QuarantinedTenant } from '../config/last-good.ts';
import type { protocols } from '../config/protocol.ts';
import type { ProxyProtocol } from '../config/listener.ts';
import type { CheckOptions } from '../config/resolve.ts';
import type { HistorySettings } from '../config/history.ts';
import type { TopSettings } from '../config/top.ts';
import type { MetricsSettings } from '../config/metrics.ts';
import type { OverloadSettings } from '../config/overload.ts';
import type { SuperviseSettings } from '../config/supervise.ts';
import type { RetryBudgetSettings, RetrySettings } from '../config/retry.ts';
import type { AddressRange } from '../core/cidr.ts';
import type { Trust } from '../core/connector.ts';
import type { SocketPermissions } from '../core/kernel-sockets.ts';
import type { PoolName } from '../core/pool-name.ts';
import type { TracingSettings } from '../core/tracing-settings.ts';
import type { Bytes, Millis, Share } from '../core/units.ts';
import type { DiscoverySpec, HostSpec, LookupSettings } from '../discovery/contract.ts';
import type { TenantLimitSettings } from '../admit/tenant-limits.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import type { PolicyPlan } from '../policies/policy-plan.ts';
import type { Schedule } from '../probing/contract.ts';
import type { RouteMatch } from '../route/match.ts';
import type { LastResort } from '../standing/last-resort.ts';
import type { OutlierSettings } from '../standing/outlier.ts';
import type { SlowStartSettings } from '../standing/slow-start.ts';
import type { Fact } from './facts.ts';
import type { AcmePlan, TenantTlsPlan, TlsPlan } from './tls-plan.ts';

export type Plan = {
  readonly gateway: GatewayPlan;
  readonly tenants: readonly TenantPlan[];
};

/** The plan as the one that takes the place of another. */
export function following(before: Plan, { gateway, tenants }: Plan): Plan {
  return { gateway: { ...gateway, number: before.gateway.number + 1 }, tenants };
}

/** What concerns the whole gateway. */
export type GatewayPlan = {
  /** Counts the plans of a gateway: the first one has 1, and each that takes the place of another one more. */
  readonly number: number;
  readonly admin: AdminPlan;
  readonly listeners: readonly ListenerPlan[];
  /** The rules of a listener whose address was given on the command line. */
  readonly typed: ClientRules;
  /** Every client is told the reasons of failures. */
  readonly publicDetails: boolean;
  readonly trustedProxies: readonly AddressRange[];
  readonly shutdown: ShutdownPlan;
  /** How long exchanges and tunnels may go on where another process has taken its place. */
  readonly upgradeTimeout: Millis;
  /** How long the connections of a listener may go on that a plan has removed. */
  readonly removedTimeout: Millis;
  readonly log: LogSettings;
  /** Null: requests are not logged. */
  readonly accessLog: AccessLogSettings | null;
  /** Null: no TLS. */
  readonly tls: TlsPlan | null;
  /** Null: the gateway gets no certificates by itself. */
  readonly acme: AcmePlan | null;
  readonly responseHeadLimits: HeadLimits;
  /** Kept to all backends together. */
  readonly idleConnections: number;
  /** That each process that serves may use. */
  readonly memory: Bytes;
  readonly overload: OverloadSettings;
  readonly metrics: MetricsSettings;
  /** Null: it takes no part in traces. */
  readonly tracing: TracingSettings | null;
  /** Of the past, on disk. */
  readonly history: HistorySettings;
  readonly top: TopSettings;
  /** For all policies that keep answers, of all processes. */
  readonly cacheMemory: Bytes;
  readonly lookup: LookupSettings;
  readonly supervise: SuperviseSettings;
  /** Which messages have a Via field. */
  readonly via: 'none' | 'requests' | 'both';
  /** The name in CDN-Loop, as configured. */
  readonly loopId: string;
  readonly start: StartPlan;
  /** Tenants whose configuration is broken. */
  readonly quarantined: readonly QuarantinedTenant[];
  /** How many tenants each file has, in the order of the tenants. Empty: all are from the main file. */
  readonly files: readonly FileShare[];
  /** All of it by the names of the settings, for people who compare two plans. */
  readonly settings: readonly Fact[];
};

export type ShutdownPlan = {
  /** How long it goes on to let clients in. */
  readonly delay: Millis;
  /** How long exchanges may go on then. */
  readonly timeout: Millis;
  /** The same for upgraded connections. */
  readonly tunnelTimeout: Millis;
};

export type AdminPlan = {
  /** Where the admin API listens; null: the configuration does not say. */
  readonly address: AdminAddress | null;
  /** Who may use it, if it is a Unix socket. */
  readonly socket: SocketPermissions;
  /** The path of the admin API on the listeners of clients; null: it is not there. */
  readonly publicPath: string | null;
  readonly publicHealth: 'status' | 'full' | 'none';
  readonly tokens: readonly OperatorToken[];
  /** Names that it is known by, besides that of its address; `*.` and a name stands for one label more. */
  readonly hosts: readonly string[];
  /** Bytes of a request's body. */
  readonly maxBody: Bytes;
};

/** A token of an operator. */
export type OperatorToken = {
  /** Who has it, as the log says. */
  readonly name: string;
  /** Its SHA-256, in hexadecimal. */
  readonly digest: string;
  readonly scope: 'read' | 'operate' | 'admin';
  /** Those that it is for alone; null: all. */
  readonly tenants: readonly string[] | null;
};

/** What is read at the start only. A reload that changes it is refused. */
export type StartPlan = {
  /** Whom the process becomes; null: nobody else. */
  readonly user: string | null;
  readonly group: string | null;
  /** Where it keeps what outlives it; `none`: nowhere; null: the configuration does not say. */
  readonly stateDir: string | null;
};

export type ListenerPlan = {
  /** Says whether two listeners, in two plans, are the same: by address. */
  readonly key: string;
  /** Null: tenants cannot name it. */
  readonly name: string | null;
  /** Null: every address. */
  readonly hostname: string | null;
  readonly port: number;
  readonly tls: boolean;
  readonly proxyProtocol: ProxyProtocol;
  /** It sends clients to this port by https; null: it serves them. */
  readonly httpsPort: number | null;
  readonly rules: ClientRules;
};

/** What a listener takes of its clients, and how long it waits for them. */
export type ClientRules = {
  readonly headLimits: HeadLimits;
  readonly timeouts: {
    /** For a TLS handshake. */
    readonly handshake: Millis;
    /** For a request head, from its first byte. */
    readonly header: Millis;
    /** Between requests. */
    readonly keepAlive: Millis;
    /** Between bytes of a body that the client sends or does not take. */
    readonly idle: Millis;
  };
  /** Connections open at a time. */
  readonly connections: number;
  /** Of these, from one address. */
  readonly connectionsPerClient: number;
  /** TLS handshakes under way at a time. */
  readonly handshakes: number;
  readonly keepAliveRequests: number;
  /** Bytes per second that a request's body must bring on average. */
  readonly minBodyRate: number;
  /** Bytes per second that a client must take of what waits for it, on average. */
  readonly minResponseRate: number;
  /** What may wait in the kernel to be sent to a client. */
  readonly unsentBytes: Bytes;
  /** How much of a body is read and dropped after an answer that did not wait for it. */
  readonly droppedBody: Bytes;
  /** Clients are told the id of their request. */
  readonly tellsIds: boolean;
  /** A client that has sent FIN still gets the responses that it waits for. */
  readonly allowsHalfClose: boolean;
  /** TLS clients may choose HTTP/2. */
  readonly offersH2: boolean;
  /** Plain clients may speak HTTP/2 from their first byte. */
  readonly takesPlainH2: boolean;
  readonly h2: H2Rules;
};

/** What clients over HTTP/2 may ask for, and how many frames that bring no request on they may send on one connection in 10 s. */
export type H2Rules = {
  /** Streams open at a time. */
  readonly streams: number;
  /** Of a header block as it travels. */
  readonly blockBytes: Bytes;
  /** CONTINUATION frames of one header block. */
  readonly continuations: number;
  /** Streams that end before their answer, and requests that are none. */
  readonly resets: number;
  readonly pings: number;
  readonly settings: number;
  /** DATA frames without a byte of data. */
  readonly emptyFrames: number;
  readonly windowUpdates: number;
  /** Of priorities, and of types that are not known. */
  readonly otherFrames: number;
};

export type TenantPlan = TenantSettings & {
  /** Where two plans of a tenant have the same fingerprint, nothing differs between them, even if their configuration
   * is written in another way. */
  readonly fingerprint: string;
};

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

/** A route of a tenant: which requests go to which pool, with which policies. */
export type RoutePlan = {
  /** Unique in its tenant, and the same in the next plan: its name, or what it matches. */
  readonly id: string;
  readonly name: string | null;
  readonly match: RouteMatch;
  /** Null: the tenant's own. */
  readonly pool: string | null;
  /** The prefix that has matched is not passed on; null: as the tenant does with its own. */
  readonly strips: boolean | null;
  /** After those of the tenant. */
  readonly policies: readonly PolicyPlan[];
};

/** All that a tenant is made of, with every default put in. What it says of a pool is its own pool. */
export type TenantSettings = PoolSettings & {
  readonly name: string;
  /** Of its share of the event loop. */
  readonly weight: number;
  readonly domains: readonly string[];
  /** Each ends with a slash. None, and no `paths`: every path of its hosts. */
  readonly prefixes: readonly string[];
  /** Paths that match as a whole. */
  readonly paths: readonly string[];
  /** Names of the listeners that it is served on; null: all. */
  readonly listeners: readonly string[] | null;
  /** Its pools besides its own. */
  readonly pools: readonly PoolSettings[];
  /** Its own pool serves what nothing leads elsewhere. Otherwise it has no services, and such requests have no route. */
  readonly usesOwnPool: boolean;
  readonly routes: readonly RoutePlan[];
  readonly bodyBytes: Bytes;
  /** What it may have in all processes together. */
  readonly limits: TenantLimitSettings;
  /** The prefix that has matched is not passed on. */
  readonly stripsPrefix: boolean;
  /** Places in answers are changed to what the client knows. */
  readonly mapsBack: boolean;
  /** TRACE requests are served. */
  readonly allowsTrace: boolean;
  /** Its backends get the trailers of requests. */
  readonly passesTrailers: boolean;
  /** Fields that clients which are not trusted may claim something by; names in lower case. */
  readonly allowedClaims: readonly string[];
  readonly policies: readonly PolicyPlan[];
  /** How its requests are logged; null: not at all; `usual`: as those of all. */
  readonly accessLog: AccessLogSettings | null | 'usual';
  /** Null: as the gateway has it. */
  readonly tls: TenantTlsPlan | null;
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
