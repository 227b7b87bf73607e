// What the pages know of one tenant, its backends, and what has happened.
import type { Fields } from './fields.ts';
import { type Health, type Summary, healthOf } from './shapes.ts';

export type Tenant = {
  readonly name: string;
  readonly health: Health;
  readonly domains: readonly string[];
  readonly paths: readonly string[];
  readonly listeners: readonly string[];
  readonly backends: readonly BackendLine[];
  readonly routes: readonly RouteLine[];
  readonly waiting: number;
  readonly share: {
    readonly weight: number | null;
    readonly used: number | null;
    readonly waiting: number;
    readonly refused: number;
  };
  readonly limits: readonly LimitLine[];
  readonly isBroken: boolean;
};

export type LimitLine = { readonly name: string; readonly limit: number; readonly used: number | null };
export type RouteLine = { readonly name: string | null; readonly rule: string; readonly pool: string | null };

export type BackendLine = {
  readonly name: string;
  readonly url: string;
  readonly state: string;
  readonly eligible: boolean;
  readonly reason: string | null;
  readonly since: string | null;
  readonly evidence: string | null;
  readonly admission: string;
  readonly deadline: string | null;
  readonly weight: number;
  readonly backup: boolean;
  readonly inFlight: number;
  readonly tunnels: number;
  readonly requests: number;
  readonly failures: number;
};

const LIMITS = ['requests_in_flight', 'connections', 'request_rate', 'bandwidth', 'buffered_bytes'] as const;

export function readTenant(fields: Fields): Tenant {
  const share = fields.inner('share');
  const limits = fields.inner('limits');
  return {
    name: fields.text('name'),
    health: healthOf(fields.text('status')),
    domains: fields.texts('domains'),
    paths: [...fields.texts('path_prefixes').map((path) => `${path}*`), ...fields.texts('paths')],
    listeners: fields.texts('listeners'),
    backends: fields.list('backends', readBackend),
    routes: fields.list('routes', readRoute),
    waiting: fields.count('waiting'),
    share: {
      weight: share.number('weight'),
      used: share.number('used_percent'),
      waiting: share.count('waiting'),
      refused: share.count('refused'),
    },
    limits: LIMITS.flatMap((name) => {
      const { limit, used } = { limit: limits.inner(name).number('limit'), used: limits.inner(name).number('used') };
      return limit === null ? [] : [{ name, limit, used }];
    }),
    isBroken: fields.has('broken'),
  };
}

function readRoute(fields: Fields): RouteLine {
  return { name: fields.maybeText('name'), rule: fields.text('rule'), pool: fields.maybeText('pool') };
}

function readBackend(fields: Fields): BackendLine {
  return {
    name: fields.text('name'),
    url: fields.text('url'),
    state: fields.text('state'),
    eligible: fields.flag('eligible'),
    reason: fields.maybeText('reason'),
    since: fields.maybeText('since'),
    evidence: fields.maybeText('evidence'),
    admission: fields.text('admission'),
    deadline: fields.maybeText('drain_deadline'),
    weight: fields.count('weight'),
    backup: fields.flag('backup'),
    inFlight: fields.count('in_flight'),
    tunnels: fields.count('tunnels'),
    requests: fields.count('requests'),
    failures: fields.count('failures'),
  };
}

/** For a gateway that has no summaries: what its tenants say of themselves. */
export function summaryOf(tenant: Tenant): Summary {
  const out = tenant.backends.find(({ eligible }) => !eligible);
  return {
    name: tenant.name,
    health: tenant.health,
    reason: out === undefined ? null : `${out.name}: ${out.reason ?? out.state}`,
    rate: null,
    errorShare: null,
    p99: null,
    inFlight: tenant.backends.reduce((sum, { inFlight }) => sum + inFlight, 0),
    backends: tenant.backends.length,
    eligible: tenant.backends.filter(({ eligible }) => eligible).length,
    spark: [],
  };
}

export type Report = BackendLine & {
  readonly probes: readonly Probe[];
  readonly changes: readonly Change[];
  readonly faults: readonly Fault[];
};

/** Times in milliseconds since 1970. */
export type Probe = {
  readonly at: number;
  readonly passed: boolean;
  readonly detail: string;
  readonly duration: number | null;
};
export type Change = {
  readonly at: number;
  readonly kind: string;
  readonly detail: string;
  readonly by: string | null;
};
export type Fault = {
  readonly at: number;
  readonly code: string;
  readonly reason: string | null;
  readonly count: number;
};

export function readReport(fields: Fields): Report {
  return {
    ...readBackend(fields),
    probes: fields.list('probes', (one) => ({
      at: timeOf(one),
      passed: one.flag('passed'),
      detail: one.text('detail'),
      duration: one.number('duration'),
    })),
    changes: fields.list('changes', (one) => ({
      at: timeOf(one),
      kind: one.text('kind'),
      detail: detailOf(one),
      by: operatorOf(one),
    })),
    faults: fields.list('faults', (one) => ({
      at: timeOf(one),
      code: one.text('code'),
      reason: one.maybeText('reason'),
      count: one.count('count'),
    })),
  };
}

export type EventLine = Change & {
  readonly number: number;
  readonly tenant: string | null;
  readonly backend: string | null;
};

export function readEvent(fields: Fields): EventLine {
  return {
    number: fields.count('number'),
    at: timeOf(fields),
    kind: fields.text('kind'),
    tenant: fields.maybeText('tenant'),
    backend: fields.maybeText('backend'),
    detail: detailOf(fields),
    by: operatorOf(fields),
  };
}

function timeOf(fields: Fields): number {
  return Date.parse(fields.text('at'));
}

/** Without the operator, whom a field of its own has. */
function detailOf(fields: Fields): string {
  const detail = fields.text('detail');
  return fields.has('by') ? detail.replace(/(^|[;,]? )by \S.* from (a Unix socket|\S+)$/, '') : detail;
}

function operatorOf(fields: Fields): string | null {
  if (!fields.has('by')) return null;
  const by = fields.inner('by');
  return `${by.maybeText('token') ?? 'an operator'} from ${by.text('address')}`;
}
