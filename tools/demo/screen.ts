// Renders the demo's state as text for a screen of a given size. Pure.
import { bar, count, elapsed, latency, percent, sparkline } from '../../src/cli/charts.ts';
import type { ScreenOptions } from '../../src/cli/full-screen.ts';
import { type Line, type Tone, column, paint, span, spread, widthOf } from '../../src/cli/paint.ts';
import type { BackendView, DemoEvent, DemoState, TenantView } from './state.ts';

// Wider lines are harder to follow from one end to the other.
const WIDEST = 110;
const MOST_EVENTS = 14;
const FEWEST_EVENTS = 2;

/** At most `height` lines of at most `width` columns, without a line end after the last. */
export function renderScreen(state: DemoState, options: ScreenOptions): string {
  const { width, height, color } = options;
  const layout = layOut(options);
  const top = [...header(state, layout), []];
  const table = tableLines(state.tenants, layout);
  const bottom = [[], ...footer(state, layout)];
  const room = height - top.length - table.length - bottom.length - 1;
  const events = eventLines(state.events, Math.min(Math.max(room, FEWEST_EVENTS), MOST_EVENTS), width);
  const upper = [...top, ...table, [], ...events].slice(0, Math.max(0, height - bottom.length));
  const lines = [...upper, ...bottom].slice(0, height);
  return lines.map((line) => paint(line, width, color)).join('\n');
}

/** Only the table, each line with its line end, for an output that is no terminal. */
export function renderTable(tenants: readonly TenantView[], options: Omit<ScreenOptions, 'height'>): string {
  const lines = tableLines(tenants, layOut(options));
  return lines.map((line) => `${paint(line, options.width, options.color).trimEnd()}\n`).join('');
}

/** One event as a line of its own. */
export function renderEvent(event: DemoEvent, options: Pick<ScreenOptions, 'width' | 'color'>): string {
  return paint(eventLine(event, options.width), options.width, options.color);
}

type NumberColumn = { readonly title: string; readonly width: number; readonly show: (backend: BackendView) => string };

type Layout = {
  readonly width: number;
  readonly unicode: boolean;
  readonly barWidth: number;
  readonly numbers: readonly NumberColumn[];
};

const NAME = 6;
const HEALTH = 13;
const SHARE = 7;
const AIRY_FROM = 96;
const AIR = 2;

// `from`: the width of the screen that a column needs to be shown.
const NUMBERS: readonly (NumberColumn & { readonly from: number })[] = [
  { title: 'REQUESTS', width: 9, from: 0, show: (backend) => count(backend.requests) },
  { title: 'BAD TRIES', width: 10, from: 0, show: (backend) => count(backend.failures) },
  { title: 'P50', width: 7, from: 72, show: (backend) => latency(backend.p50) },
  { title: 'P99', width: 7, from: 58, show: (backend) => latency(backend.p99) },
  { title: 'NOW', width: 4, from: 84, show: (backend) => count(backend.in_flight) },
];

function layOut(options: Pick<ScreenOptions, 'width' | 'unicode'>): Layout {
  const width = Math.min(options.width, WIDEST) - 1;
  const air = options.width >= AIRY_FROM ? AIR : 0;
  const fitting = NUMBERS.filter(({ from }) => options.width >= from);
  const numbers = fitting.map((number) => ({ ...number, width: number.width + air }));
  const taken = NAME + HEALTH + SHARE + numbers.reduce((sum, number) => sum + number.width, 0);
  return { width, unicode: options.unicode, barWidth: Math.max(4, width - taken), numbers };
}

function header(state: DemoState, layout: Layout): Line[] {
  const { traffic } = state;
  const isGood = traffic.failed === 0;
  const title = [span(layout.unicode ? ' ◆ ' : ' * ', 'accent'), span(`Keystone Gateway ${state.version}`, 'strong')];
  const address = [span('   '), span(state.url, 'accent')];
  const up = [span('up ', 'faint'), span(elapsed(state.uptime))];
  const totals = [
    span('   '),
    span(count(traffic.perSecond), 'strong'),
    span(' requests/s', 'faint'),
    span('   '),
    span(count(traffic.total), 'strong'),
    span(' in all', 'faint'),
    span('   '),
    span(`${count(traffic.failed)} failed`, isGood ? 'good' : 'bad'),
    ...(traffic.saved === 0 ? [] : [span('   '), span(count(traffic.saved), 'strong'), span(' saved', 'faint')]),
  ];
  const room = layout.width - widthOf(totals) - 3;
  const history = room < 8 ? [] : [span(sparkline(traffic.history, Math.min(room, 40), layout.unicode), 'accent')];
  return [spread([...title, ...address], up, layout.width), spread(totals, history, layout.width)];
}

function tableLines(tenants: readonly TenantView[], layout: Layout): Line[] {
  const numbers = layout.numbers.map(({ title, width }) => title.padStart(width)).join('');
  const share = column('SHARE', layout.barWidth + SHARE, '');
  const titles = [span(`   ${column('', NAME - 3)}${column('HEALTH', HEALTH)}${share}${numbers}`, 'faint')];
  return [titles, ...tenants.flatMap((tenant) => tenantLines(tenant, layout))];
}

function tenantLines(tenant: TenantView, layout: Layout): Line[] {
  const { healthy } = tenant;
  const total = tenant.backends.length;
  const tone: Tone = healthy === total ? 'good' : healthy === 0 ? 'bad' : 'act';
  const name = [span(` ${tenant.name}`, 'strong'), span(`  ${tenant.rule}`, 'faint')];
  const title = spread(name, [span(`${healthy} of ${total} healthy`, tone)], layout.width);
  return [title, ...tenant.backends.map((backend) => backendLine(backend, layout))];
}

function backendLine(backend: BackendView, layout: Layout): Line {
  const { unicode, barWidth, numbers } = layout;
  const shown = numbers.map(({ width, show }) => column(show(backend), width).trim().padStart(width)).join('');
  return [
    span(`   ${column(backend.name, NAME - 3)}`),
    healthSpan(backend, unicode),
    ...(backend.eligible
      ? [
          span(bar(backend.share, barWidth, unicode).padEnd(barWidth), 'accent'),
          span(percent(backend.share).padStart(SHARE - 1)),
          span(' '),
        ]
      : [span(column(reasonAlone(backend.reason), barWidth + SHARE - 1, unicode ? '…' : '...'), 'act'), span(' ')]),
    span(shown, backend.eligible ? 'plain' : 'faint'),
  ];
}

// A sign and a word, so that the colour alone tells nothing.
function healthSpan(backend: BackendView, unicode: boolean): Line[number] {
  const { health, eligible, reason } = backend;
  const isWell = health === 'healthy' && eligible;
  const word = health === 'healthy' && !eligible ? (/^\w+/.exec(reason ?? '')?.[0] ?? 'resting') : health;
  const sign = isWell ? (unicode ? '●' : '+') : health === 'unhealthy' ? (unicode ? '✗' : 'x') : unicode ? '○' : 'o';
  const tone: Tone = isWell ? 'good' : health === 'unhealthy' ? 'bad' : 'act';
  return span(column(`${sign} ${word}`, HEALTH), tone);
}

// The reason without its first word (`unhealthy: request: …`), which the screen shows before it already.
function reasonAlone(reason: string | null): string {
  return (reason ?? '').replace(/^unhealthy: /, '');
}

function eventLines(events: readonly DemoEvent[], room: number, width: number): Line[] {
  const shown = events.slice(-room).map((event) => eventLine(event, width));
  return [...shown, ...Array.from({ length: room - shown.length }, () => [])];
}

function eventLine(event: DemoEvent, width: number): Line {
  const time = `${elapsed(event.at).padStart(9)}  `;
  return [span(time, 'faint'), span(cutAtWord(event.text, width - time.length), event.tone)];
}

// Not within a word, which may be an address.
function cutAtWord(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = text.lastIndexOf(' ', width - 4);
  return `${text.slice(0, end < 0 ? Math.max(0, width - 4) : end)} ...`;
}

function footer(state: DemoState, layout: Layout): Line[] {
  const next = [span(' next  ', 'faint'), span(state.next ?? 'nothing', 'act')];
  const { dashboard, attempt } = state;
  const place: Line[] =
    dashboard === null ? [] : [[span(SEE, 'faint'), span(dashboard, 'accent'), span(' in a browser', 'faint')]];
  const ending = spread(next, [span('Ctrl-C ends', 'faint')], layout.width);
  return [ending, ...place, ...attemptLines(attempt, layout.width)];
}

const SEE = ' see   ';
const TRY = ' try   ';

// A command that does not fit goes on in another line, as a shell takes it: half an address is of no use.
function attemptLines(attempt: string, width: number): Line[] {
  const at = attempt.lastIndexOf(' ');
  if (TRY.length + attempt.length <= width || at < 0) return [[span(TRY, 'faint'), span(attempt)]];
  return [
    [span(TRY, 'faint'), span(`${attempt.slice(0, at)} \\`)],
    [span(' '.repeat(TRY.length)), span(attempt.slice(at + 1))],
  ];
}
