// The traffic of the gateway and of its tenants as lines. Pure.
import type { OverviewAnswer, SummaryList, SummaryRow, TopAnswer } from '../admin-answers.ts';
import { count, latency, exactPercent, size, sparkline } from '../charts.ts';
import { type Line, type Span, type Tone, column, span } from '../paint.ts';

/** `busiest` null: the gateway does not tell. */
export type Traffic = {
  readonly overview: OverviewAnswer;
  readonly summaries: SummaryList;
  readonly busiest: TopAnswer | null;
};

const GAP = '  ';
// With the other columns a table of 80 columns.
const LONGEST_NAME = 20;
const LEAST_NAME = 6;
const RATE = 8;
const HEALTH = 9;
const WIDEST_SPARK = 30;
// With fewer columns than that a curve says nothing.
const LEAST_SPARK = 8;

const NOBODY = 'there is no tenant to show';

const COLUMNS = [
  { title: 'REQ/S', width: 8, of: ({ requests_per_second: rate }: SummaryRow) => perSecond(rate) },
  { title: 'ERRORS', width: 7, of: ({ error_share: part }: SummaryRow) => exactPercent(part) },
  { title: 'P99', width: 7, of: ({ p99_ms: p99 }: SummaryRow) => latency(p99) },
  { title: 'IN FLIGHT', width: 9, of: ({ in_flight: inFlight }: SummaryRow) => count(inFlight) },
  { title: 'BACKENDS', width: 8, of: ({ backends }: SummaryRow) => `${backends.eligible}/${backends.total}` },
] as const;

/** The lines of all. The reason of a tenant that is not well is a line of its own below it. */
export function trafficLines(
  { overview, summaries }: Pick<Traffic, 'overview' | 'summaries'>,
  { unicode, width }: { readonly unicode: boolean; readonly width: number },
): readonly Line[] {
  const longest = Math.max(LEAST_NAME, ...summaries.tenants.map(({ name }) => name.length));
  const name = Number.isFinite(width) ? Math.min(LONGEST_NAME, longest) : longest;
  const spark = unicode ? sparkWidth(width, name) : 0;
  const hidden = summaries.total - summaries.tenants.length;
  return [
    ...overviewLines(overview),
    [],
    ...(summaries.tenants.length === 0 ? [[span(NOBODY)]] : [titles(name, spark)]),
    ...summaries.tenants.flatMap((tenant) => tenantLines(tenant, name, spark)),
    ...(hidden > 0 ? [[span(`${count(hidden)} more tenants are not shown: --name TEXT or --limit`, 'faint')]] : []),
  ];
}

/** The busiest paths and clients as lines of their own. */
export function busiestLines({ busiest }: Pick<Traffic, 'busiest'>, width: number): readonly Line[] {
  if (busiest === null || busiest.requests === 0) return [];
  const { seconds, paths, clients } = busiest;
  const since = `LAST ${Math.max(1, Math.round(seconds))} S`;
  const rows = (title: string, all: readonly (readonly [label: string, requests: number])[]): readonly Line[] => {
    const longest = Math.max(title.length, ...all.map(([label]) => label.length));
    const room = Number.isFinite(width) ? Math.min(longest, width - RATE - GAP.length) : longest;
    return [
      [],
      [span(`${column(title, room)}${GAP}${'REQ/S'.padStart(RATE)}`, 'faint')],
      ...all.map(
        ([label, requests]): Line => [
          span(column(label, room), 'strong'),
          span(GAP + perSecond(requests / Math.max(1, seconds)).padStart(RATE)),
        ],
      ),
    ];
  };
  return [
    ...rows(
      `BUSIEST PATHS, ${since}`,
      paths.map(({ tenant, path, requests }) => [`${tenant ?? '-'} ${path}`, requests]),
    ),
    ...rows(
      `BUSIEST CLIENTS, ${since}`,
      clients.map(({ client, requests }) => [client, requests]),
    ),
  ];
}

function overviewLines({ words, now }: OverviewAnswer): readonly Line[] {
  return [
    [span(words, words.startsWith('All is well') ? 'good' : 'bad')],
    [
      ...figure('requests', `${perSecond(now.requests_per_second)}/s`),
      ...figure('errors', exactPercent(now.error_share), toneOfErrors(now.error_share, 'strong')),
      ...figure('p50', latency(now.p50_ms)),
      ...figure('p95', latency(now.p95_ms)),
      ...figure('p99', latency(now.p99_ms)),
    ],
    [
      ...figure('in flight', count(now.in_flight)),
      ...(now.connections === null ? [] : figure('connections', count(now.connections))),
      ...figure('out', `${size(now.bytes_out_per_second)}/s`),
    ],
  ];
}

function figure(label: string, text: string, tone: Tone = 'strong'): readonly Span[] {
  return [span(`${label} `, 'faint'), span(text, tone), span(GAP)];
}

function titles(name: number, spark: number): Line {
  const columns = COLUMNS.map(({ title, width }) => GAP + title.padStart(width)).join('');
  const curve = spark === 0 ? '' : `${GAP}LAST 5 MIN`.slice(0, GAP.length + spark);
  return [span(`${column('TENANT', name)}${GAP}${column('HEALTH', HEALTH)}${columns}${curve}`, 'faint')];
}

function tenantLines(tenant: SummaryRow, name: number, spark: number): readonly Line[] {
  const { health, reason, error_share: errors } = tenant;
  const row: Line = [
    span(column(tenant.name, name), 'strong'),
    span(GAP + column(health, HEALTH), toneOfHealth(health)),
    ...COLUMNS.map(({ title, width, of }) =>
      span(GAP + of(tenant).padStart(width), title === 'ERRORS' ? toneOfErrors(errors, 'plain') : 'plain'),
    ),
    ...(spark === 0 ? [] : [span(GAP + sparkline(tenant.spark, spark, true), 'accent')]),
  ];
  return reason === null ? [row] : [row, [span(`${GAP}${reason}`, 'act')]];
}

// What the other columns leave.
function sparkWidth(width: number, name: number): number {
  const taken = COLUMNS.reduce((sum, one) => sum + GAP.length + one.width, name + GAP.length + HEALTH) + GAP.length;
  const left = Math.min(WIDEST_SPARK, width - taken);
  return left < LEAST_SPARK ? 0 : left;
}

function toneOfHealth(health: string): Tone {
  if (health === 'healthy') return 'good';
  return health === 'unhealthy' ? 'bad' : 'act';
}

function toneOfErrors(part: number, usual: Tone): Tone {
  return part > 0 ? 'bad' : usual;
}

// Small rates with a digit more: one request in ten seconds is not none.
function perSecond(rate: number): string {
  return rate > 0 && rate < 10 ? rate.toFixed(1) : count(rate);
}
