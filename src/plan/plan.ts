// A configuration compiled: everything that the gateway is to be, as data. A plan can be cloned to another
// process, compared with another one, and thrown away. What lives (pools, connections, counters) is never in it.
import type { AccessLogSettings } from '../core/access-log-settings.ts';
import type { LogSettings } from '../core/log-settings.ts';
import type { AdminAddress } from '../config/admin.ts';
import type { FileShare, QuarantinedTenant } from '../config/last-good.ts';
import type { HistorySettings } from '../config/history.ts';
import type { TopSettings } from '../config/top.ts';
import type { MetricsSettings } from '../config/metrics.ts';
import type { OverloadSettings } from '../config/overload.ts';
import type { SuperviseSettings } from '../config/supervise.ts';
import type { AddressRange } from '../core/cidr.ts';
import type { SocketPermissions } from '../core/kernel-sockets.ts';
import type { TracingSettings } from '../core/tracing-settings.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { LookupSettings } from '../discovery/contract.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import type { Fact } from './facts.ts';
import type { AcmePlan, TlsPlan } from './tls-plan.ts';
import type { ListenerPlan, ClientRules } from './listener-plan.ts';
import type { TenantPlan } from './tenant-plan.ts';

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
