// What the pages know of the admin API's answers.
import type { Fields } from './fields.ts';

export type Health = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

export function healthOf(word: string): Health {
  if (word === 'healthy' || word === 'degraded' || word === 'unhealthy') return word;
  return word === 'down' ? 'unhealthy' : 'unknown';
}

export type Overview = {
  readonly version: string;
  readonly uptime: number | null;
  readonly health: Health;
  /** What is wrong now, or that all is well. */
  readonly words: string | null;
  readonly problems: readonly ProblemLine[];
  readonly now: Now;
  readonly tenants: {
    readonly total: number;
    readonly healthy: number;
    readonly degraded: number;
    readonly down: number;
  };
  readonly backends: { readonly total: number; readonly eligible: number };
  readonly workers: readonly WorkerLine[];
};

export type ProblemLine = { readonly text: string; readonly tenant: string | null; readonly backend: string | null };

/** Null: not known. */
export type Now = {
  readonly rate: number | null;
  readonly errorShare: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly connections: number | null;
  readonly inFlight: number | null;
  readonly bytesOut: number | null;
};

export type WorkerLine = {
  readonly number: number;
  readonly pid: number;
  readonly state: string;
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly delay: number | null;
};

export function readOverview(fields: Fields): Overview {
  const tenants = fields.inner('tenants');
  const backends = fields.inner('backends');
  const problems = fields.list('problems', readProblem);
  return {
    version: fields.text('version'),
    uptime: fields.number('uptime_seconds'),
    health: overallHealth(healthOf(fields.text('state')), tenants, problems.length),
    words: fields.maybeText('words'),
    problems,
    now: readNow(fields.inner('now')),
    tenants: {
      total: tenants.count('total'),
      healthy: tenants.count('healthy'),
      degraded: tenants.count('degraded'),
      down: tenants.count('down'),
    },
    backends: { total: backends.count('total'), eligible: backends.count('eligible') },
    workers: fields.list('workers', readWorker),
  };
}

/** The word that the gateway has for it, or else what follows from its tenants. */
function overallHealth(word: Health, tenants: Fields, problems: number): Health {
  if (word !== 'unknown' || !tenants.has('total')) return word;
  const down = tenants.count('down');
  if (down > 0 && down === tenants.count('total')) return 'unhealthy';
  return down + tenants.count('degraded') + problems > 0 ? 'degraded' : 'healthy';
}

function readProblem(fields: Fields): ProblemLine {
  return { text: fields.text('text'), tenant: fields.maybeText('tenant'), backend: fields.maybeText('backend') };
}

function readNow(fields: Fields): Now {
  return {
    rate: fields.number('requests_per_second'),
    errorShare: fields.number('error_share'),
    p50: fields.number('p50_ms'),
    p95: fields.number('p95_ms'),
    p99: fields.number('p99_ms'),
    connections: fields.number('connections'),
    inFlight: fields.number('in_flight'),
    bytesOut: fields.number('bytes_out_per_second'),
  };
}

function readWorker(fields: Fields): WorkerLine {
  return {
    number: fields.count('number'),
    pid: fields.count('pid'),
    state: fields.text('state'),
    cpu: fields.number('cpu_share'),
    memory: fields.number('memory_bytes'),
    delay: fields.number('loop_delay_ms'),
  };
}

/** Requests, errors, retries and bytes are those of each step. */
export type Series = {
  /** Seconds. */
  readonly step: number;
  /** Milliseconds since 1970, of the first point. */
  readonly from: number;
  readonly lines: Readonly<Record<SeriesName, readonly (number | null)[]>>;
};

export type SeriesName =
  | 'requests'
  | 'errors_4xx'
  | 'errors_5xx'
  | 'p50_ms'
  | 'p95_ms'
  | 'p99_ms'
  | 'retries'
  | 'bytes_out'
  | 'in_flight';

export function readSeries(fields: Fields): Series {
  return {
    step: fields.number('step_seconds') ?? 10,
    from: fields.count('from_ms'),
    lines: {
      requests: fields.numbers('requests'),
      errors_4xx: fields.numbers('errors_4xx'),
      errors_5xx: fields.numbers('errors_5xx'),
      p50_ms: fields.numbers('p50_ms'),
      p95_ms: fields.numbers('p95_ms'),
      p99_ms: fields.numbers('p99_ms'),
      retries: fields.numbers('retries'),
      bytes_out: fields.numbers('bytes_out'),
      in_flight: fields.numbers('in_flight'),
    },
  };
}

export type Summary = {
  readonly name: string;
  readonly health: Health;
  readonly reason: string | null;
  readonly rate: number | null;
  readonly errorShare: number | null;
  readonly p99: number | null;
  readonly inFlight: number | null;
  readonly backends: number;
  readonly eligible: number;
  readonly spark: readonly (number | null)[];
};

export type Summaries = { readonly total: number; readonly page: number; readonly tenants: readonly Summary[] };

export function readSummaries(fields: Fields): Summaries {
  return {
    total: fields.count('total'),
    page: fields.number('page') ?? 1,
    tenants: fields.list('tenants', readSummary),
  };
}

function readSummary(fields: Fields): Summary {
  const backends = fields.inner('backends');
  return {
    name: fields.text('name'),
    health: healthOf(fields.text('health')),
    reason: fields.maybeText('reason'),
    rate: fields.number('requests_per_second'),
    errorShare: fields.number('error_share'),
    p99: fields.number('p99_ms'),
    inFlight: fields.number('in_flight'),
    backends: backends.count('total'),
    eligible: backends.count('eligible'),
    spark: fields.numbers('spark'),
  };
}
