// The answers of the admin API, as commands read them. Unknown fields are kept, so that `--json` passes on what a later
// gateway adds. States and kinds are plain strings, because a gateway of another version may have others.
import { z } from 'zod';
import { auditEntry } from '../admin/shapes/audit.ts';

const backendStatus = z.looseObject({
  name: z.string(),
  url: z.string(),
  state: z.string(),
  health: z.string(),
  eligible: z.boolean(),
  reason: z.nullable(z.string()),
  since: z.nullable(z.string()),
  evidence: z.nullable(z.string()),
  admission: z.string(),
  drain_deadline: z.nullable(z.string()),
  weight: z.number(),
  backup: z.boolean(),
  in_flight: z.number(),
  tunnels: z.number(),
  streams: z.number(),
  idle_connections: z.number(),
  open_connections: z.number().default(0),
  requests: z.number(),
  failures: z.number(),
});

const nameReport = z.looseObject({
  service: z.string(),
  name: z.string(),
  state: z.string(),
  detail: z.nullable(z.string()),
  endpoints: z.number(),
});

const problem = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  path: z.string(),
  message: z.string(),
  expected: z.nullable(z.string()),
  suggestion: z.nullable(z.string()),
});

const switchStatus = z.looseObject({ policy: z.string(), active: z.boolean(), decided: z.nullable(z.boolean()) });
const limitUse = z.looseObject({ limit: z.nullable(z.number()), used: z.nullable(z.number()) });

const share = z.looseObject({
  weight: z.number(),
  used_percent: z.number(),
  waiting: z.number(),
  refused: z.number(),
});

const figures = z.looseObject({
  connections_opened: z.number(),
  connections_failed: z.number(),
  connections_reused: z.number(),
  first_byte: z.nullable(z.looseObject({ mean_ms: z.number(), p50_ms: z.number(), p99_ms: z.number() })),
});

/** GET /tenants/{tenant}, and one of GET /tenants. */
export const tenantStatus = z.looseObject({
  name: z.string(),
  domains: z.array(z.string()),
  path_prefixes: z.array(z.string()),
  paths: z.array(z.string()),
  listeners: z.nullable(z.array(z.string())),
  status: z.string(),
  healthy: z.number(),
  total: z.number(),
  waiting: z.number(),
  limits: z.record(z.string(), z.union([limitUse, z.number()])).default({}),
  share: share.default({ weight: 1, used_percent: 0, waiting: 0, refused: 0 }),
  backends: z.array(backendStatus),
  names: z.array(nameReport),
  // Absent in answers of earlier versions.
  maintenance: z.array(switchStatus).default([]),
  broken: z.nullable(z.looseObject({ file: z.string(), problems: z.array(problem) })).default(null),
});

const leftOut = z.looseObject({ tenant: z.nullable(z.string()), file: z.string(), problems: z.array(problem) });

const probe = z.looseObject({
  at: z.string(),
  kind: z.string(),
  passed: z.boolean(),
  status: z.nullable(z.number()),
  detail: z.string(),
  duration: z.number(),
  excerpt: z.nullable(z.string()),
});

const event = z.looseObject({
  number: z.number(),
  at: z.string(),
  /** Null: it is about the gateway. */
  tenant: z.nullable(z.string()),
  /** Null: it is about the tenant. */
  backend: z.nullable(z.string()),
  kind: z.string(),
  detail: z.string(),
});

const leaving = z.looseObject({
  tenant: z.string(),
  name: z.string(),
  url: z.string(),
  in_flight: z.number(),
  tunnels: z.number(),
  deadline: z.nullable(z.string()),
});

/** GET /tenants. */
export const tenantsAnswer = z.looseObject({
  tenants: z.array(tenantStatus),
  leaving: z.array(leaving).default([]),
  left_out: z.array(leftOut).default([]),
});

/** GET /backends/{tenant}/{backend}, and the answer to each order about a backend. */
export const backendAnswer = z.looseObject({
  tenant: z.string(),
  ...backendStatus.shape,
  // Absent in answers of earlier versions.
  figures: z.nullable(figures).default(null),
  earlier: z.array(leaving).default([]),
  probes: z.array(probe),
  /** What an order has led to. */
  warning: z.exactOptional(z.string()),
  changes: z.array(z.looseObject({ at: z.string(), kind: z.string(), detail: z.string() })),
  faults: z.array(
    z.looseObject({ at: z.string(), code: z.string(), reason: z.string().nullable(), count: z.number() }),
  ),
});

const certificate = z.looseObject({
  file: z.string(),
  names: z.array(z.string()),
  tenant: z.string().nullable().default(null),
  source: z.string().default('file'),
  problem: z.string().nullable().default(null),
  expires: z.exactOptional(z.string()),
  days_left: z.exactOptional(z.number()),
  state: z.string(),
});

/** GET /certificates. */
export const certificatesAnswer = z.looseObject({ certificates: z.array(certificate) });

/** GET /events. */
export const eventsAnswer = z.looseObject({ started: z.string(), latest: z.number(), events: z.array(event) });

/** POST /reload. */
export const reloadAnswer = z.looseObject({
  kind: z.string(),
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  changes: z.array(z.string()).default([]),
  quarantined: z
    .array(
      z.looseObject({
        tenant: z.nullable(z.string()),
        file: z.string(),
        serves: z.string(),
        problems: z.array(problem),
      }),
    )
    .default([]),
  /** Why it could not be put in force. */
  reason: z.exactOptional(z.string()),
  problems: z.array(problem),
});

const version = z.looseObject({
  number: z.number(),
  at: z.string(),
  source: z.string(),
  operator: z.nullable(z.object({ token: z.nullable(z.string()), address: z.string() })),
  of: z.nullable(z.number()),
  file: z.string(),
  tenants: z.number(),
  quarantined: z.number(),
  changes: z.array(z.string()),
  texts: z.string(),
});

/** GET /history. */
export const historyAnswer = z.looseObject({
  directory: z.nullable(z.string()),
  current: z.nullable(z.number()),
  versions: z.array(version),
});

/** POST /tenants/{tenant}/maintenance. */
export const maintenanceAnswer = z.looseObject({ tenant: z.string(), maintenance: z.array(switchStatus) });

/** POST /tenants/{tenant}/purge. */
export const purgeAnswer = z.looseObject({ tenant: z.string() });

/** POST /upgrade. */
export const upgradeAnswer = z.looseObject({
  kind: z.string(),
  pid: z.exactOptional(z.number()),
  version: z.exactOptional(z.string()),
  reason: z.exactOptional(z.string()),
});

/** POST /rollback. */
export const rollbackAnswer = reloadAnswer.extend({ version: z.nullable(z.number()) });

const fact = z.object({ setting: z.string(), shown: z.string(), items: z.exactOptional(z.array(z.string())) });

/** GET /plan. */
export const planAnswer = z.looseObject({
  settings: z.array(fact),
  /** Names and fingerprints. */
  tenants: z.array(z.tuple([z.string(), z.string()])),
});

/** GET /plan/{tenant}. */
export const tenantPlanAnswer = z.looseObject({
  name: z.string(),
  own: z.array(fact),
  services: z.record(z.string(), z.array(fact)),
});

/** GET /recent. */
export const recentAnswer = z.looseObject({
  requests: z.array(
    z.object({
      method: z.string(),
      host: z.string(),
      path: z.string(),
      tenant: z.nullable(z.string()),
      listener: z.nullable(z.string()),
    }),
  ),
});

/** GET /overview. A share is from 0 to 1; null: nothing is known. */
export const overviewAnswer = z.looseObject({
  words: z.string(),
  now: z.looseObject({
    requests_per_second: z.number(),
    error_share: z.number(),
    p50_ms: z.nullable(z.number()),
    p95_ms: z.nullable(z.number()),
    p99_ms: z.nullable(z.number()),
    /** Null: not for those who see certain tenants only. */
    connections: z.nullable(z.number()),
    in_flight: z.number(),
    bytes_out_per_second: z.number(),
  }),
});

const tenantSummary = z.looseObject({
  name: z.string(),
  health: z.string(),
  reason: z.nullable(z.string()),
  requests_per_second: z.number(),
  error_share: z.number(),
  p99_ms: z.nullable(z.number()),
  in_flight: z.number(),
  backends: z.looseObject({ total: z.number(), eligible: z.number() }),
  /** Requests a second, step by step. */
  spark: z.array(z.number()),
});

/** GET /summaries. */
export const summariesAnswer = z.looseObject({ total: z.number(), tenants: z.array(tenantSummary) });

const busy = { requests: z.number(), at_least: z.number(), at_most: z.number() };

/** GET /top. */
export const topAnswer = z.looseObject({
  seconds: z.number(),
  requests: z.number(),
  tenants: z.array(z.looseObject({ tenant: z.string(), ...busy })),
  paths: z.array(z.looseObject({ tenant: z.nullable(z.string()), path: z.string(), ...busy })),
  clients: z.array(z.looseObject({ client: z.string(), ...busy })),
});

const attempt = z.looseObject({
  backend: z.string(),
  outcome: z.union([z.number(), z.string()]),
  is_hedge: z.boolean(),
  began_ms: z.number(),
  ended_ms: z.number(),
});

const endedRequest = z.looseObject({
  number: z.number(),
  time: z.string(),
  client: z.string(),
  tenant: z.nullable(z.string()),
  method: z.string(),
  host: z.string(),
  path: z.string(),
  status: z.number(),
  failure: z.nullable(z.string()),
  refused_by: z.nullable(z.string()),
  duration_ms: z.number(),
  backend: z.nullable(z.string()),
  tried: z.array(attempt),
});

/** GET /requests. */
export const requestsAnswer = z.looseObject({ latest: z.number(), requests: z.array(endedRequest) });

const auditRow = z.looseObject({ ...auditEntry.shape, outcome: z.string() });

/** GET /audit. */
export const auditAnswer = z.looseObject({ entries: z.array(auditRow) });

/** The body of every refusal. */
export const refusalAnswer = z.looseObject({
  error: z.string(),
  expected: z.exactOptional(z.string()),
  tenants: z.exactOptional(z.array(z.string())),
  backends: z.exactOptional(z.array(z.string())),
});

export type BackendRow = z.output<typeof backendStatus>;
export type TenantRow = z.output<typeof tenantStatus>;
export type CertificateRow = z.output<typeof certificate>;
export type LeftOutRow = z.output<typeof leftOut>;
export type LeavingRow = z.output<typeof leaving>;
export type TenantList = z.output<typeof tenantsAnswer>;
export type NameRow = z.output<typeof nameReport>;
export type BackendDetail = z.output<typeof backendAnswer>;
export type EventRow = z.output<typeof event>;
export type ReloadAnswer = z.output<typeof reloadAnswer>;
export type MaintenanceAnswer = z.output<typeof maintenanceAnswer>;
export type UpgradeAnswer = z.output<typeof upgradeAnswer>;
export type VersionRow = z.output<typeof version>;
export type HistoryList = z.output<typeof historyAnswer>;
export type RollbackAnswer = z.output<typeof rollbackAnswer>;
export type PlanInForce = z.output<typeof planAnswer>;
export type TenantPlanInForce = z.output<typeof tenantPlanAnswer>;
export type RecentList = z.output<typeof recentAnswer>;
export type OverviewAnswer = z.output<typeof overviewAnswer>;
export type SummaryRow = z.output<typeof tenantSummary>;
export type SummaryList = z.output<typeof summariesAnswer>;
export type TopAnswer = z.output<typeof topAnswer>;
export type RequestRow = z.output<typeof endedRequest>;
export type RequestList = z.output<typeof requestsAnswer>;
export type AuditRow = z.output<typeof auditRow>;
export type AuditList = z.output<typeof auditAnswer>;
export type EventList = z.output<typeof eventsAnswer>;

/** GET /log-level, and the answer to a change of it. */
export const logLevelAnswer = z.looseObject({
  level: z.string(),
  configured: z.string(),
  changed: z.nullable(
    z.looseObject({ by: z.looseObject({ token: z.nullable(z.string()), address: z.string() }), at: z.string() }),
  ),
});
export type LogLevelAnswer = z.infer<typeof logLevelAnswer>;

/** POST /explain. */
export const explainAnswer = z.looseObject({ kind: z.string() });
