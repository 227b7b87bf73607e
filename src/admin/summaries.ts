// GET /summaries?search=&sort=requests&order=desc&page=1&limit=50: tenants a line each, a page at a time.
import { z } from 'zod';
import type { Steps } from '../core/slices.ts';
import { RANGES } from '../observe/history/traffic-history.ts';
import { errorShare } from './overview.ts';
import type { TenantBrief } from './brief.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';
import { type Page, type PageRule, pageParameters, readPage } from './paging.ts';

const PAGES: PageRule = { usual: 50, most: 200 };
/** Steps of which each tenant's line has the traffic: five minutes. */
const SPARK = 30;

// The worse, the greater.
const BADNESS = { healthy: 0, degraded: 1, unhealthy: 2 } as const;
const SORTS = ['health', 'requests', 'errors', 'p99', 'name'] as const;
type Sort = (typeof SORTS)[number];

export const summaries = {
  path: '/summaries',
  method: 'GET',
  summary:
    'Tenants a line each: health, the one reason, and the traffic of the last ten seconds. `search` in names; `sort` by health (the worst first), requests, errors, p99 or name; `order` asc or desc; `page` from 1, `limit` to 200.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      search: z.exactOptional(z.string()).describe('A part of the name.'),
      sort: z.exactOptional(z.enum(SORTS)),
      order: z.exactOptional(z.enum(['asc', 'desc'])),
      ...pageParameters(PAGES),
    }),
  output: async () => (await import('./shapes/traffic.ts')).summariesAnswer,
  async answer(call, sources) {
    const wanted = readWanted(call.query);
    if (typeof wanted === 'string') return json(400, { error: wanted });
    const made = await sources.inSlices(pageOf(wanted, sources, call));
    return made === null ? json(503, { error: 'the gateway ends' }) : json(200, made);
  },
} as const satisfies AdminEndpoint;

type Wanted = Page & { readonly search: string; readonly sort: Sort; readonly isDescending: boolean };

// An error is a sentence for people.
function readWanted(query: URLSearchParams): Wanted | string {
  const sort = query.get('sort') ?? 'health';
  const known = SORTS.find((one) => one === sort);
  if (known === undefined) return `sort must be one of ${SORTS.join(', ')}`;
  const order = query.get('order') ?? (known === 'name' ? 'asc' : 'desc');
  if (order !== 'asc' && order !== 'desc') return 'order must be asc or desc';
  const page = readPage(query, PAGES);
  if (typeof page === 'string') return page;
  return { ...page, search: (query.get('search') ?? '').toLowerCase(), sort: known, isDescending: order === 'desc' };
}

type Sources = Pick<AdminSources, 'briefs' | 'traffic'>;
type Line = { readonly brief: TenantBrief; readonly key: number | string };

function* pageOf(
  { search, sort, isDescending, page, limit }: Wanted,
  sources: Sources,
  call: Pick<OperatorCall, 'sees'>,
): Steps<unknown> {
  const lines: Line[] = [];
  for (const brief of sources.briefs()) {
    yield;
    if (call.sees(brief.name) && brief.name.toLowerCase().includes(search))
      lines.push({ brief, key: keyOf(brief, sort, sources) });
  }
  lines.sort((one, other) => compare(one, other, isDescending));
  const shown = lines.slice((page - 1) * limit, page * limit);
  return { total: lines.length, page, limit, tenants: shown.map(({ brief }) => summaryOf(brief, sources)) };
}

function keyOf({ name, status }: TenantBrief, sort: Sort, { traffic }: Pick<Sources, 'traffic'>): number | string {
  if (sort === 'name') return name;
  if (sort === 'health') return BADNESS[status];
  const point = traffic.latest(name, 1)[0] ?? null;
  if (point === null) return 0;
  return sort === 'requests' ? point.requests : sort === 'errors' ? errorShare(point) : (point.p99 ?? 0);
}

// Equal ones by name, so that a page stays as it is.
function compare(one: Line, other: Line, isDescending: boolean): number {
  const [first, second] = isDescending ? [other, one] : [one, other];
  if (first.key !== second.key) return first.key < second.key ? -1 : 1;
  return one.brief.name < other.brief.name ? -1 : 1;
}

function summaryOf(
  { name, status, problem, well, total, inFlight }: TenantBrief,
  { traffic }: Pick<Sources, 'traffic'>,
) {
  const seconds = RANGES['1h'].step / 1000;
  const points = traffic.latest(name, SPARK);
  const last = points.at(-1) ?? null;
  return {
    name,
    health: status,
    reason: problem?.text ?? null,
    requests_per_second: last === null ? 0 : last.requests / seconds,
    error_share: last === null ? 0 : errorShare(last),
    p99_ms: last?.p99 ?? null,
    in_flight: inFlight,
    backends: { total, eligible: well },
    spark: points.map((point) => (point === null ? 0 : point.requests / seconds)),
  };
}
