// Tenants and backends as a table. Pure.
import { formatProblem } from '../../config/problems.ts';
import type { BackendRow, CertificateRow, LeavingRow, LeftOutRow, NameRow, TenantRow } from '../admin-answers.ts';
import { count } from '../charts.ts';
import { type Line, type Span, type Tone, span, widthOf } from '../paint.ts';
import { besideState, stateSpan } from './state.ts';

type Cell = Span & { readonly isNumber?: true };

const TITLES: readonly Cell[] = [
  span('NAME', 'faint'),
  span('URL', 'faint'),
  span('STATE', 'faint'),
  number('WEIGHT', 'faint'),
  number('IN FLIGHT', 'faint'),
  number('REQUESTS', 'faint'),
  number('FAILURES', 'faint'),
];
const INDENT = '  ';
const GAP = '  ';

export type TableOptions = { readonly unicode: boolean; readonly width: number };

/** The lines of the table. If they are too wide, the URLs are left out, because people look for the reasons. */
export function statusLines(tenants: readonly TenantRow[], { unicode, width }: TableOptions): readonly Line[] {
  const lines = tableLines(tenants, { unicode, hasUrls: true });
  return lines.every((line) => widthOf(line) <= width) ? lines : tableLines(tenants, { unicode, hasUrls: false });
}

type Columns = { readonly unicode: boolean; readonly hasUrls: boolean };

// All tenants have the same column widths, so that their numbers can be compared.
function tableLines(tenants: readonly TenantRow[], columns: Columns): readonly Line[] {
  const titles = columns.hasUrls ? TITLES : TITLES.filter(({ text }) => text !== 'URL');
  const rows = [titles, ...tenants.flatMap(({ backends }) => backends.map((backend) => cellsOf(backend, columns)))];
  const widths = titles.map((_, at) => Math.max(...rows.map((row) => row[at]?.text.length ?? 0)));
  return [
    [span(INDENT), ...aligned(titles, widths)],
    ...tenants.flatMap((tenant) => tenantLines(tenant, widths, columns)),
  ];
}

function tenantLines(tenant: TenantRow, widths: readonly number[], columns: Columns): readonly Line[] {
  const { name, status, healthy, total, waiting, share, limits, maintenance } = tenant;
  const tone: Tone = status === 'healthy' ? 'good' : status === 'unhealthy' ? 'bad' : 'act';
  const title: Line = [
    span(name, 'strong'),
    span(`  ${ruleOf(tenant)}  `, 'faint'),
    span(`${status}, ${healthy} of ${total}`, tone),
    ...(waiting === 0 ? [] : [span(`, ${count(waiting)} waiting`, 'act')]),
    ...(maintenance.some(({ active }) => active) ? [span(', under maintenance', 'act')] : []),
    ...shareSpans(share),
    ...limitSpans(limits),
  ];
  const backends = tenant.backends.map((backend): Line => {
    const cells = aligned(cellsOf(backend, columns), widths);
    return [
      span(INDENT),
      ...cells,
      ...(backend.reason === null ? [] : [span(GAP), span(besideState(backend.reason, backend.state), 'act')]),
    ];
  });
  return [title, ...brokenLines(tenant), ...backends, ...tenant.names.map(nameLine)];
}

// Only of a tenant that wants more than its share.
function shareSpans({ waiting, weight, used_percent: used }: TenantRow['share']): Line {
  if (waiting === 0) return [];
  const part = weight === 1 ? '' : `, weight ${weight}`;
  return [span(`, ${count(waiting)} waiting for the processor (uses ${Math.round(used)} % of a core${part})`, 'act')];
}

// Only those that the tenant has reached.
function limitSpans(limits: TenantRow['limits']): Line {
  return Object.entries(limits).flatMap(([name, use]) => {
    if (typeof use === 'number' || use.limit === null || use.used === null || use.used < use.limit) return [];
    return [span(`, has reached limits.${name} (${use.limit})`, 'act')];
  });
}

function brokenLines({ broken }: TenantRow): readonly Line[] {
  if (broken === null) return [];
  const title = span(`${INDENT}its last good version is served: the configuration is broken`, 'bad');
  return [[title], ...broken.problems.map((problem): Line => [span(`${INDENT}  ${formatProblem(problem)}`, 'act')])];
}

/** Tenants whose configuration is broken, and of which no version is served. */
export function leftOutLines(all: readonly LeftOutRow[]): readonly Line[] {
  return all.flatMap(({ tenant, file, problems }): readonly Line[] => [
    [span(tenant ?? `tenants of ${file}`, 'strong'), span('  left out: the configuration is broken', 'bad')],
    ...problems.map((problem): Line => [span(`${INDENT}  ${formatProblem(problem)}`, 'act')]),
  ]);
}

function cellsOf(backend: BackendRow, { unicode, hasUrls }: Columns): readonly Cell[] {
  return [
    span(backend.backup ? `${backend.name} (backup)` : backend.name),
    ...(hasUrls ? [span(backend.url, 'faint')] : []),
    stateSpan(backend.state, unicode),
    number(formatWeight(backend.weight)),
    number(count(backend.in_flight)),
    number(count(backend.requests)),
    number(count(backend.failures), backend.failures === 0 ? 'plain' : 'act'),
  ];
}

/** With up to two decimals, because weights are fractions during a slow start. */
export function formatWeight(weight: number): string {
  return String(Math.round(weight * 100) / 100);
}

function nameLine({ service, name, state, detail, endpoints }: NameRow): Line {
  const tone: Tone = state === 'resolved' ? 'good' : state === 'failed' ? 'bad' : 'act';
  const found = `${endpoints} ${endpoints === 1 ? 'address' : 'addresses'}`;
  return [
    span(`${INDENT}name ${name} (${service})  `, 'faint'),
    span(state, tone),
    span(`, ${found}${detail === null ? '' : `: ${detail}`}`),
  ];
}

/** What is left of backends that a reload has removed or moved. */
export function leavingLines(leaving: readonly LeavingRow[]): readonly Line[] {
  if (leaving.length === 0) return [];
  return [[span('leaving', 'strong'), span('  removed or moved by a reload', 'faint')], ...leaving.map(leavingLine)];
}

/** One of them. */
export function leavingLine({ tenant, name, url, in_flight: inFlight, tunnels, deadline }: LeavingRow): Line {
  const upgraded = tunnels === 0 ? '' : ` (${count(tunnels)} of them tunnels)`;
  const end = deadline === null ? '' : `, cut off at ${deadline}`;
  return [
    span(`${INDENT}${tenant}/${name}${GAP}`),
    span(url, 'faint'),
    span(`${GAP}in flight ${count(inFlight)}${upgraded}${end}`, 'act'),
  ];
}

/** A certificate that the listeners show, or should. */
export function certificateLine({ names, tenant, expires, days_left: days, state, ...row }: CertificateRow): Line {
  const tone: Tone = state === 'valid' ? 'plain' : state === 'expires_soon' ? 'act' : 'bad';
  const { file, source, problem } = row;
  const shown = names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
  return [
    span('certificate', 'strong'),
    span(shown === '' ? '  ' : `  ${shown}  `),
    span(file === '' ? source : file, 'faint'),
    ...(tenant === null ? [] : [span(`${GAP}of ${tenant}`)]),
    span(`${GAP}${state.replaceAll('_', ' ')}${endOf(expires, days)}`, tone),
    ...(problem === null ? [] : [span(`${GAP}${problem}`, 'bad')]),
  ];
}

function endOf(expires: string | undefined, days: number | undefined): string {
  if (expires === undefined || days === undefined) return '';
  return `, until ${expires}, ${count(days)} ${days === 1 ? 'day' : 'days'}`;
}

const MOST_NAMES = 5;

function ruleOf({ domains, path_prefixes: prefixes, paths, listeners }: TenantRow): string {
  const where = listeners === null ? '' : `on ${listeners.join(', ')}`;
  const parts = [domains.join(', '), [...prefixes, ...paths].join(', '), where];
  return parts.filter((part) => part !== '').join('  ') || 'no rule';
}

function number(text: string, tone: Tone = 'plain'): Cell {
  return { ...span(text, tone), isNumber: true };
}

function aligned(cells: readonly Cell[], widths: readonly number[]): Line {
  return cells.flatMap((cell, at) => {
    const padding = span(' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf([cell]))));
    const gap = at === 0 ? [] : [span(GAP)];
    return cell.isNumber === true ? [...gap, padding, cell] : [...gap, cell, padding];
  });
}
