// The contract of admin endpoints.
import type { AuditFilter } from './audit-log.ts';
import type { AuditEntry } from './shapes/audit.ts';
import type { CertificateReport } from '../certificates/contract.ts';
import type { QuarantinedTenant } from '../config/last-good.ts';
import type { Problem } from '../config/problems.ts';
import type { GatewayEvent, Operator } from '../core/observer.ts';
import type { Steps } from '../core/slices.ts';
import type { ExplainedRequest, Explanation } from '../forward/explain.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { z } from 'zod';
import type { LocalAnswer } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
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

/** What has come of reading the configuration again. `problems`: what is wrong, or only warnings. */
export type ReloadOutcome =
  /** `would_reload`: nothing was put in force, as nobody wanted that. */
  | {
      readonly kind: 'reloaded' | 'would_reload';
      /** Names of tenants. */
      readonly added: readonly string[];
      readonly changed: readonly string[];
      readonly removed: readonly string[];
      /** What differs, in words; bounded. */
      readonly changes: readonly string[];
      /** Tenants whose configuration is broken, and which the others do without. */
      readonly quarantined: readonly QuarantinedTenant[];
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
  /** It could not be put in force. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** A later one has taken its place, or the gateway ends. */
  | { readonly kind: 'dropped' };

/** A request of the sample. `listener`: one that its tenant is served on alone; null: any. */
export type RecentReport = {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly tenant: string | null;
  readonly listener: string | null;
};

/** What has come of a rollback. `version`: which one was meant; absent: there is none. */
export type RollbackOutcome = ReloadOutcome & { readonly version?: number };

/** Which answers: all, those of an address, or those with a tag. */
export type PurgeOrder = { readonly url: string } | { readonly tag: string } | { readonly all: true };

/** `problem`: why the order cannot be carried out; null: it has been. */
export type PurgeOutcome = { readonly problem: string | null };

/** What has come of an upgrade. */
export type UpgradeOutcome =
  | { readonly kind: 'upgraded'; readonly pid: number; readonly version: string }
  /** This process goes on. */
  | { readonly kind: 'failed'; readonly reason: string };

/** A configuration that was in force. */
export type VersionReport = {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly source: string;
  readonly operator: Operator | null;
  /** The version that it repeats; null: it came from its file. */
  readonly of: number | null;
  readonly file: string;
  readonly tenants: number;
  /** Of its tenants, those that were broken. */
  readonly quarantined: number;
  readonly changes: readonly string[];
  /** The file with its texts. */
  readonly texts: string;
};

/** The configurations that were in force, the oldest first. */
export type HistoryReport = {
  /** Where their texts are; null: none are kept. */
  readonly directory: string | null;
  /** The number of the one in force; null: it could not be kept. */
  readonly current: number | null;
  readonly versions: readonly VersionReport[];
};

/** What has become of reloads and rollbacks since the start. `lastAt`: milliseconds since 1970; null: there was none. */
export type ReloadCounts = { readonly failed: number; readonly lastHasFailed: boolean; readonly lastAt: number | null };

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

/** What reads configurations for a gateway. */
export type ReloadControl = {
  /** `isDry`: nothing is put in force, only told. */
  reload(cause: ReloadCause, isDry: boolean): Promise<ReloadOutcome>;
  /** Puts that version in force, or for null the latest that differs. */
  rollBack(version: number | null, by: Operator): Promise<RollbackOutcome>;
  /** Has the installed program take the place of this one. */
  upgrade(by: Operator): Promise<UpgradeOutcome>;
  history(): HistoryReport;
  reloads(): ReloadCounts;
  readonly configuration: ConfigurationControl;
  /** Why nobody can change anything here at the moment, for people; null: all can. */
  obstacle(): string | null;
};

/** Shows and changes the texts of a configuration. */
export type ConfigurationControl = {
  /** So many wait for an answer that the next one is sent away. */
  readonly isBusy: boolean;
  /** Why nothing of it can be shown or changed, for people. */
  readonly readOnly: string;
  show(): Promise<ShownConfig>;
  /** How the files on disk differ from what is in force. */
  compare(): Promise<ShownConfig>;
  /** What is wrong with texts, and what they would change. */
  check(files: readonly PostedFile[]): Promise<CheckOutcome>;
  apply(change: ConfigChange, by: Operator): Promise<ApplyOutcome>;
};

/** `body`: an object in JSON; null: the texts are not known. `tag`: the entity tag of what is in force. */
export type ShownConfig = {
  readonly tag: string | null;
  readonly version: number | null;
  readonly body: Uint8Array | null;
};

/** `file` null: the main one. */
export type PostedFile = { readonly file: string | null; readonly text: string };

export type ConfigChange = {
  readonly files: readonly PostedFile[];
  /** One of them must be that of what is in force; `*`: it may be any. */
  readonly tags: readonly string[];
  /** A file is replaced, too, that is on disk no longer what is in force. */
  readonly replaces: boolean;
};

/** Nothing can be read or written, for a reason for people. */
type Impossible = { readonly kind: 'impossible'; readonly reason: string };

export type CheckOutcome =
  | Impossible
  | (ReloadOutcome & {
      /** By files, as a unified difference has them; without secrets. */
      readonly differences: readonly { readonly file: string; readonly lines: string }[];
    });

export type ApplyOutcome =
  | Impossible
  /** Another configuration is in force than the one that was changed. */
  | { readonly kind: 'other_version'; readonly tag: string }
  /** Files are on disk no longer what is in force. */
  | { readonly kind: 'strayed'; readonly files: readonly string[] }
  | (ReloadOutcome & Partial<Pick<ShownConfig, 'tag' | 'version'>>);

/** Who wants the configuration read again: a signal, a change of its files, or an operator. */
export type ReloadCause =
  | { readonly source: 'signal' | 'watch' }
  | { readonly source: 'admin' | 'rollback'; readonly by: Operator };

/** What a token allows: to look; to take backends out, drain them and the like as well; or everything. */
export type AdminScope = 'read' | 'operate' | 'admin';

/** What somebody may do. */
export type Rights = {
  readonly scope: AdminScope;
  /** Only these tenants may be seen and touched; null: all, and the gateway itself. */
  readonly tenants: readonly string[] | null;
};

/** A request for an endpoint. */
export type AdminCall = {
  readonly request: RequestView;
  /** For each `{name}` in the endpoint's path, the segment of this request. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body, as JSON; null: the endpoint takes none. It has the form that the endpoint wants. */
  readonly input: unknown;
};

/** A request of an operator. */
export type OperatorCall = AdminCall & {
  readonly operator: Operator;
  /** Whether the operator may see a tenant; null: what belongs to none. */
  sees(tenant: string | null): boolean;
  /** Those that the operator may see; null: all. */
  readonly tenants: readonly string[] | null;
};

/** Who logs in and out by a cookie. */
export interface SessionDoor {
  readonly asker: { readonly name: string | null; readonly rights: Rights } | null;
  /** The value of Set-Cookie, or why not. */
  logIn(token: string): { readonly cookie: string } | { readonly refusal: LocalResponse };
  /** The value of Set-Cookie that takes the cookie away. */
  logOut(): string;
}

/** A schema, or what gives it to whoever asks for a description of the API: to make all of them takes longer than the rest of
 * the start. */
export type Described<Schema extends z.ZodType> = Schema | (() => Schema | Promise<Schema>);

/** One entry of the registry. */
export type AdminEndpoint = {
  /** Below the admin base path; starts with a slash. `{name}` stands for one segment. */
  readonly path: string;
  /** A GET endpoint answers HEAD, too. Others change something. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** One sentence for the reference. */
  readonly summary: string;
  /** What a token must allow. Absent: `read` for GET, `operate` for others. */
  readonly scope?: AdminScope;
  /** How tokens for certain tenants are kept to them. `path`: the tenant is named by `{tenant}` or `{name}` of the path, and the
   * handler refuses another one; that is so where the path has `{tenant}`. `filter`: the endpoint asks `call.sees` about all
   * that it shows. `everybody`: it shows nothing of any tenant. `none`, as a rule: such tokens are refused. */
  readonly tenants?: 'path' | 'filter' | 'everybody' | 'none';
  /** Nothing is changed, whatever the method is: it may be asked where nobody may change anything, and is not in the audit log. */
  readonly onlyLooks?: true;
  /** Parameters of the query, as they are when they have been read. */
  readonly parameters?: Described<z.ZodObject>;
  /** What the body must be; absent: it takes none. Endpoints with a body are served at the admin API's own address only. */
  readonly input?: Described<z.ZodType>;
  /** What a good answer is, or of a stream the data of each event; absent: no JSON. */
  readonly output?: Described<z.ZodType>;
  /** Statuses besides 200 that such an answer comes with. */
  readonly otherStatuses?: readonly number[];
  /** What a good answer is that is no JSON. */
  readonly media?: 'text/event-stream' | 'text/plain';
} & (
  | {
      /** Only with a token, or at the admin API's own address. */
      readonly access: 'operator';
      /** Streams are sent at the admin API's own address only. */
      answer(call: OperatorCall, sources: AdminSources): LocalAnswer | Promise<LocalAnswer>;
    }
  | {
      /** Every client may ask, as load balancers do. `isInside`: an operator asks, or somebody on this machine at the admin
       * API's own address. Null: the client is told nothing, and refused as elsewhere. */
      readonly access: 'public';
      answer(call: AdminCall, isInside: boolean, sources: AdminSources): LocalResponse | null;
    }
  | {
      /** Whoever reaches the admin API's own address: it tells nothing of the gateway. */
      readonly access: 'reachable';
      answer(call: AdminCall, sources: AdminSources): LocalResponse | Promise<LocalResponse>;
    }
  | {
      /** About who asks; at the admin API's own address only. */
      readonly access: 'session';
      answer(call: AdminCall, door: SessionDoor): LocalResponse;
    }
);
