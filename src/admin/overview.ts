// GET /overview: the whole gateway at a glance, with what is wrong in words.
import type { Steps } from '../core/slices.ts';
import { VERSION } from '../core/version.ts';
import { RANGES } from '../observe/history/traffic-history.ts';
import { NOTHING, type Point } from '../observe/history/timeline.ts';
import type { WorkerNow } from '../observe/metrics/worker-load.ts';
import type { TenantBrief } from './brief.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';

/** Problems that are told one by one. */
const MOST_PROBLEMS = 20;
/** From so many server errors on it is said, if there are so many requests to judge by. */
const BAD_SHARE = 0.05;
const LEAST_REQUESTS = 20;
const STEP_SECONDS = RANGES['1h'].step / 1000;

export const overview = {
  path: '/overview',
  method: 'GET',
  summary:
    'The gateway at a glance: how it stands in words, its traffic in the last ten seconds, and how many tenants and backends serve.',
  access: 'operator',
  tenants: 'filter',
  output: async () => (await import('./shapes/traffic.ts')).overviewAnswer,
  async answer(call, sources) {
    const made = await sources.inSlices(overviewOf(sources, call));
    return made === null ? json(503, { error: 'the gateway ends' }) : json(200, made);
  },
} as const satisfies AdminEndpoint;

type Sources = Pick<
  AdminSources,
  'briefs' | 'traffic' | 'doors' | 'wall' | 'startedAt' | 'leftOut' | 'readiness' | 'workers'
>;

type Caller = Pick<OperatorCall, 'sees'>;

function* overviewOf(sources: Sources, call: Caller): Steps<unknown> {
  const counts = { healthy: 0, degraded: 0, unhealthy: 0, well: 0, backends: 0 };
  const troubled: TenantBrief[] = [];
  const seen: Point[] = [];
  for (const brief of sources.briefs()) {
    yield;
    if (!call.sees(brief.name)) continue;
    counts[brief.status]++;
    counts.well += brief.well;
    counts.backends += brief.total;
    if (brief.problem !== null) troubled.push(brief);
    if (!call.sees(null)) seen.push(latestOf(brief, sources));
  }
  const now = call.sees(null) ? sources.traffic.now : { seconds: STEP_SECONDS, point: togetherOf(seen) };
  const leftOut = sources.leftOut().filter(({ tenant }) => call.sees(tenant));
  const problems = [...trafficProblems(now.point), ...leftOutProblems(leftOut), ...tenantProblems(troubled)];
  const { healthy, degraded, unhealthy } = counts;
  const total = healthy + degraded + unhealthy;
  return {
    version: VERSION,
    uptime_seconds: Math.round((sources.wall() - sources.startedAt) / 1000),
    state: sources.readiness(),
    words: wordsFor(problems, troubled.length, total),
    problems: problems.slice(0, MOST_PROBLEMS),
    more_problems: Math.max(0, problems.length - MOST_PROBLEMS),
    now: figuresOf(now, call.sees(null) ? connectionsOf(sources) : null),
    tenants: { total, healthy, degraded, down: unhealthy },
    backends: { total: counts.backends, eligible: counts.well },
    workers: call.sees(null) ? sources.workers().map(workerLine) : [],
  };
}

function figuresOf({ seconds, point }: AdminSources['traffic']['now'], connections: number | null) {
  return {
    requests_per_second: point.requests / seconds,
    error_share: errorShare(point),
    p50_ms: point.p50,
    p95_ms: point.p95,
    p99_ms: point.p99,
    connections,
    in_flight: point.inFlight,
    bytes_out_per_second: point.bytesOut / seconds,
  };
}

function workerLine({ number, pid, cpuShare, memory, delay }: WorkerNow) {
  return {
    number,
    pid,
    state: 'serving',
    cpu_share: cpuShare,
    memory_bytes: memory,
    loop_delay_ms: delay * 1000,
  };
}

function connectionsOf({ doors }: Pick<Sources, 'doors'>): number {
  return doors().reduce((sum, { open }) => sum + open, 0);
}

// Of a tenant in the last step that is over.
function latestOf({ name, inFlight }: TenantBrief, { traffic }: Pick<Sources, 'traffic'>): Point {
  return { ...NOTHING, ...traffic.latest(name, 1)[0], inFlight };
}

// Percentiles of several tenants do not add up.
function togetherOf(points: readonly Point[]): Point {
  const [first, ...others] = points;
  if (first !== undefined && others.length === 0) return first;
  const sum = (of: (point: Point) => number): number => points.reduce((all, point) => all + of(point), 0);
  return {
    ...NOTHING,
    requests: sum(({ requests }) => requests),
    clientErrors: sum(({ clientErrors }) => clientErrors),
    serverErrors: sum(({ serverErrors }) => serverErrors),
    retries: sum(({ retries }) => retries),
    bytesOut: sum(({ bytesOut }) => bytesOut),
    inFlight: sum(({ inFlight }) => inFlight),
  };
}

/** Which part of the requests had a server's error; 0 where there were none. */
export function errorShare({ requests, serverErrors }: Pick<Point, 'requests' | 'serverErrors'>): number {
  return requests === 0 ? 0 : serverErrors / requests;
}

type Problem = { readonly text: string; readonly tenant: string | null; readonly backend: string | null };

function trafficProblems(point: Point): readonly Problem[] {
  const share = errorShare(point);
  if (point.requests < LEAST_REQUESTS || share < BAD_SHARE) return [];
  const text = `${Math.round(share * 100)} % of the requests of the last ten seconds ended with a status of 5xx`;
  return [{ text, tenant: null, backend: null }];
}

function leftOutProblems(leftOut: ReturnType<Sources['leftOut']>): readonly Problem[] {
  return leftOut.map(({ tenant, problems }) => ({
    text: `is not served: its configuration is broken (${problems[0]?.message ?? 'no reason is known'})`,
    tenant,
    backend: null,
  }));
}

// Those that serve nobody first.
function tenantProblems(troubled: readonly TenantBrief[]): readonly Problem[] {
  const worst = troubled.toSorted(
    (one, other) => Number(other.status === 'unhealthy') - Number(one.status === 'unhealthy'),
  );
  return worst.map(({ name, problem }) => ({
    text: problem?.text ?? '',
    tenant: name,
    backend: problem?.backend ?? null,
  }));
}

function wordsFor(problems: readonly Problem[], troubled: number, total: number): string {
  const [first] = problems;
  if (first === undefined)
    return total === 0
      ? 'No tenant is configured.'
      : `All is well: ${counted(total, 'tenant')} with all their backends.`;
  const subject = first.tenant === null ? '' : `${first.tenant}: `;
  const others = problems.length > 1 ? ` (and ${counted(problems.length - 1, 'more problem')})` : '';
  const healthy = total - troubled;
  const rest =
    troubled > 0 && healthy > 0 ? ` ${counted(healthy, 'other tenant')} ${healthy === 1 ? 'is' : 'are'} well.` : '';
  return `${subject}${first.text}${others}.${rest}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
