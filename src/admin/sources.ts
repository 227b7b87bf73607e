// The gateway as admin endpoints see it: what they may read of it, and do with it.
import type { AuditFilter } from './audit-log.ts';
import type { AuditEntry } from './shapes/audit.ts';
import type { CertificateReport } from '../certificates/contract.ts';
import type { QuarantinedTenant } from '../config/last-good.ts';
import type { GatewayEvent, Operator } from '../core/observer.ts';
import type { Steps } from '../core/slices.ts';
import type { ExplainedRequest, Explanation } from '../forward/explain.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { TotalsReader } from '../core/traffic-totals.ts';
import type { LiveBoard } from '../observe/live/live-board.ts';
import type { TopBoard } from '../observe/top/top-board.ts';
import type { TrafficHistory } from '../observe/history/traffic-history.ts';
import type { WorkerNow } from '../observe/metrics/worker-load.ts';
import type { Plan } from '../plan/plan.ts';
import type { LogLevel } from '../core/log-settings.ts';
import type { OperatorCommand } from '../standing/operator-states.ts';
import type { TenantBrief } from './brief.ts';
import type { HealthAnswer } from './health-report.ts';
import type { BackendReport, LeavingReport } from './shapes/backend.ts';
import type { SwitchStatus, TenantStatus } from './shapes/tenant.ts';
import type {
  ReloadOutcome,
  RollbackOutcome,
  UpgradeOutcome,
  HistoryReport,
  ConfigurationControl,
} from './reload-control.ts';

/** All that an endpoint may read of the gateway, and do with it. */
export type AdminSources = {
  /** Resolves when every process goes by what has been decided so far, and has told what it has counted. Null: there is only
   * this process. */
  caughtUp(): Promise<void> | null;
  status(): readonly TenantStatus[];
  /** The same, made one by one as they are asked for. */
  tenants(): Iterable<TenantStatus>;
  /** One of them; null: no tenant has that name. */
  tenant(name: string): TenantStatus | null;
  /** Tenants in a line each, made one by one as they are asked for. */
  briefs(): Iterable<TenantBrief>;
  /** What the traffic was, and is. */
  readonly traffic: Pick<TrafficHistory, 'now' | 'past' | 'latest'>;
  /** The busiest tenants, paths and clients. */
  readonly top: Pick<TopBoard, 'read'>;
  /** The processes that serve. */
  workers(): readonly WorkerNow[];
  /** Requests that have ended lately. */
  readonly live: Pick<LiveBoard, 'latest' | 'find' | 'next' | 'watch' | 'hasRoom'>;
  /** Tenants whose configuration is broken, and of which no version is served. */
  leftOut(): readonly QuarantinedTenant[];
  /** What is left of backends that a reload has removed or moved. */
  leaving(): readonly LeavingReport[];
  /** Does long work in slices, between which requests are served. Null: the gateway has ended meanwhile. */
  inSlices<Result>(steps: Steps<Result>): Promise<Result | null>;
  /** The health of the gateway: its one word, or all. At most a second old. */
  health(extent: 'word' | 'full'): HealthAnswer;
  /** Whether clients should be sent here. */
  readonly readiness: () => Readiness;
  /** What `GET /health` tells whoever is no operator. */
  readonly publicHealth: () => 'status' | 'full' | 'none';
  /** One backend with its history; null: no backend has that name. */
  backend(tenant: string, backend: string): BackendReport | null;
  /** What its listeners show to clients. */
  certificates(): readonly CertificateReport[];
  /** Milliseconds since 1970. */
  wall(): number;
  readonly logLevel: LogLevelControl;
  /** The connections of each listener. */
  doors(): readonly DoorReport[];
  /** What all processes have counted of traffic. */
  readonly totals: TotalsReader;
  /** All figures as text, with its media type. */
  metrics(format: 'text' | 'openmetrics'): { readonly type: string; readonly text: Steps<Uint8Array> };
  /** Carries out an operator's command, and resolves when every process goes by it. False: there is no such backend. */
  command(tenant: string, backend: string, command: OperatorCommand, by: Operator): Promise<boolean>;
  /** What may be turned on and off of a tenant. */
  switches(tenant: string): readonly SwitchStatus[];
  /** Turns policies of a tenant on or off; `policy` null: all; `on` null: as configured. False: there is none. */
  turn(tenant: string, policy: string | null, on: boolean | null, by: Operator): Promise<boolean>;
  /** Has the policies of a tenant forget answers that they keep, and resolves when every process does. Null: it has no policy that
   * keeps any. */
  purge(tenant: string, what: PurgeOrder): Promise<PurgeOutcome | null>;
  /** Events after a number that are not among the latest any more, which `events` gives; null: there are none. */
  olderEvents(after: number): Promise<readonly GatewayEvent[]> | null;
  /** The events after a number. If there are none yet, waits for the next one, up to `wait` seconds. */
  events(after: number, wait: number): readonly GatewayEvent[] | Promise<readonly GatewayEvent[]>;
  /** Reads the configuration again. Null: the gateway was started by a program that has its own. `isDry`: nothing is put in
   * force, only told. */
  reload(by: Operator, isDry: boolean): Promise<ReloadOutcome | null>;
  /** Puts in force what was in force before. Null: the gateway was started by a program that has its own. */
  rollBack(version: number | null, by: Operator): Promise<RollbackOutcome | null>;
  /** Has the installed program take the place of this one. Null: another program has this gateway. */
  upgrade(by: Operator): Promise<UpgradeOutcome | null>;
  history(): HistoryReport;
  /** The texts of the configuration. Null: the gateway was started by a program that has its own. */
  readonly configuration: ConfigurationControl | null;
  /** Why nobody can change anything here at the moment, for people; null: all can. */
  obstacle(): string | null;
  /** What would happen to a request now, and why. */
  explain(request: ExplainedRequest): Explanation;
  /** What is in force. */
  plan(): Plan;
  /** A sample of the latest requests, with where they would go now. */
  recent(): readonly RecentReport[];
  /** Tells of each time that there are new events, until the function that it returns is called, or the gateway ends. */
  followEvents(ears: EventEars): () => void;
  /** Who has changed what or tried to, the oldest first. */
  audit(filter: AuditFilter): Promise<readonly AuditEntry[]>;
  /** What the API can be asked, as OpenAPI has it. */
  description(): Promise<Uint8Array>;
  /** The number of the latest event; 0: there has been none. */
  latestEvent(): number;
  /** When the gateway started, in milliseconds since 1970. Without a state directory, event numbers begin anew with each start. */
  readonly startedAt: number;
};

export type EventEars = { readonly news: () => void; readonly end: () => void };

export type Readiness = 'starting' | 'ready' | 'stopping';

/** A request of the sample. `listener`: one that its tenant is served on alone; null: any. */
export type RecentReport = {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly tenant: string | null;
  readonly listener: string | null;
};

/** Which answers: all, those of an address, or those with a tag. */
export type PurgeOrder = { readonly url: string } | { readonly tag: string } | { readonly all: true };

/** `problem`: why the order cannot be carried out; null: it has been. */
export type PurgeOutcome = { readonly problem: string | null };

/** Which lines the log has. */
export type LogLevelReport = {
  /** In force. */
  readonly level: LogLevel;
  readonly configured: LogLevel;
  /** `at`: milliseconds since 1970. Null: nobody has changed it. */
  readonly changed: { readonly by: Operator; readonly at: number } | null;
};

export type LogLevelControl = {
  report(): LogLevelReport;
  /** Has all processes go by that level; null: by that of the configuration. Resolves when they do. */
  set(level: LogLevel | null, by: Operator): Promise<LogLevelReport>;
};
