// The charts of traffic, of the whole gateway or of one tenant.
import { useMemo, useState } from 'preact/hooks';
import type { Overview, Series } from '../api/shapes.ts';
import type { EventLine } from '../api/tenant-shapes.ts';
import { bytes, counted, figure, milliseconds, whole } from '../format.ts';
import { usePolled } from '../state/polled.ts';
import { loadSeries } from '../state/sources.ts';
import { Chart, type Mark } from './chart.tsx';
import { Absent, Choice, Loading, toneOf } from './parts.tsx';

export type Range = 'live' | '15m' | '1h' | '24h' | '7d' | '30d';

const RANGES: readonly (readonly [Range, string])[] = [
  ['15m', '15m'],
  ['1h', '1h'],
  ['24h', '24h'],
  ['7d', '7d'],
  ['30d', '30d'],
];
const LIVE: readonly [Range, string] = ['live', 'Live'];

type TrafficProps = {
  readonly tenant: string | null;
  /** The latest seconds; null: there is no live chart. */
  readonly samples: readonly Sample[] | null;
  readonly events: readonly EventLine[];
};

export type Sample = { readonly at: number; readonly now: Overview['now'] };

// Of the whole gateway there is too much else to mark.
function isForAll({ kind, by }: EventLine): boolean {
  return by !== null || kind === 'tenant_down' || kind === 'tenant_up' || kind === 'ejected';
}

const TEN_SECONDS = 10_000;

export function Traffic({ tenant, samples, events: all }: TrafficProps) {
  const events = useMemo(() => (tenant === null ? all.filter(isForAll) : all), [all, tenant]);
  const [range, setRange] = useState<Range>(samples === null ? '15m' : 'live');
  const options = samples === null ? RANGES : [LIVE, ...RANGES];
  return (
    <section class="card traffic">
      <div class="card-head">
        <h2>Traffic</h2>
        <Choice label="Time" value={range} options={options} onChange={setRange} />
      </div>
      {range === 'live' && samples !== null ? (
        <LiveCharts samples={samples} events={events} />
      ) : (
        <PastCharts range={range} tenant={tenant} events={events} />
      )}
    </section>
  );
}

function LiveCharts({ samples, events }: { samples: readonly Sample[]; events: readonly EventLine[] }) {
  const { times, rate, errors, p50, p95, p99 } = useMemo(() => columnsOf(samples), [samples]);
  const marks = useMarks(events);
  const requests = useMemo(
    () => [
      { label: 'requests', color: 'blue', values: rate, isArea: true },
      { label: 'errors', color: 'red', values: errors },
    ],
    [rate, errors],
  );
  const latencies = useMemo(() => latencyLines(p50, p95, p99), [p50, p95, p99]);
  if (samples.length < 2) return <Loading />;
  if (samples.every(({ now }) => now.rate === null))
    return <p class="note">The figures of traffic are not to be had from this version of the gateway.</p>;
  return (
    <div class="charts">
      <Chart title="Requests a second" times={times} lines={requests} format={figure} marks={marks} />
      <Chart title="Latency" times={times} lines={latencies} format={milliseconds} marks={marks} />
    </div>
  );
}

type Column = readonly (number | null)[];

function columnsOf(samples: readonly Sample[]) {
  const column = (read: (now: Overview['now']) => number | null): Column => samples.map(({ now }) => read(now));
  return {
    times: samples.map(({ at }) => at / 1000),
    rate: column(({ rate }) => rate),
    errors: column(({ rate, errorShare }) => (rate === null || errorShare === null ? null : rate * errorShare)),
    p50: column((now) => now.p50),
    p95: column((now) => now.p95),
    p99: column((now) => now.p99),
  };
}

function latencyLines(p50: Column, p95: Column, p99: Column) {
  return [
    { label: 'p50', color: 'teal', values: p50 },
    { label: 'p95', color: 'blue', values: p95 },
    { label: 'p99', color: 'violet', values: p99 },
  ];
}

type PastProps = { readonly range: Range; readonly tenant: string | null; readonly events: readonly EventLine[] };

function PastCharts({ range, tenant, events }: PastProps) {
  const polled = usePolled(
    `series ${range} ${tenant ?? ''}`,
    TEN_SECONDS,
    async (signal) => await loadSeries(range, tenant, signal),
  );
  if (polled.value !== null) return <SeriesCharts series={polled.value} events={events} />;
  if (polled.failure !== null) return <Absent failure={polled.failure} what="The history of traffic" />;
  return <Loading />;
}

function SeriesCharts({ series, events }: { series: Series; events: readonly EventLine[] }) {
  const { times, requests, latencies, saved, sent } = useMemo(() => chartsOf(series), [series]);
  const marks = useMarks(events);
  if (times.length < 2) return <p class="note">Nothing has been recorded yet: the first points come within seconds.</p>;
  return (
    <>
      <Sums lines={series.lines} />
      <div class="charts">
        <Chart title="Requests a second" times={times} lines={requests} format={figure} marks={marks} />
        <Chart title="Latency" times={times} lines={latencies} format={milliseconds} marks={marks} />
        <Chart title="Retries and requests in flight" times={times} lines={saved} format={figure} marks={marks} />
        <Chart title="Bytes sent a second" times={times} lines={sent} format={bytes} marks={marks} />
      </div>
    </>
  );
}

function sum(column: Column): number {
  return column.reduce<number>((all, value) => all + (value ?? 0), 0);
}

// To the last request: a curve tells no numbers.
function Sums({ lines }: Pick<Series, 'lines'>) {
  const retries = sum(lines.retries);
  return (
    <p class="sums muted">
      {counted(sum(lines.requests), 'request')} in this time, {whole(sum(lines.errors_4xx))} answered with 4xx,{' '}
      {whole(sum(lines.errors_5xx))} with 5xx, {retries === 1 ? '1 retry' : `${whole(retries)} retries`},{' '}
      {bytes(sum(lines.bytes_out))} sent
    </p>
  );
}

function chartsOf({ from, step, lines }: Series) {
  const perSecond = (column: Column): Column => column.map((value) => (value === null ? null : value / step));
  return {
    times: lines.requests.map((_, at) => from / 1000 + at * step),
    requests: [
      { label: 'all', color: 'blue', values: perSecond(lines.requests), isArea: true },
      { label: '4xx', color: 'amber', values: perSecond(lines.errors_4xx) },
      { label: '5xx', color: 'red', values: perSecond(lines.errors_5xx) },
    ],
    latencies: latencyLines(lines.p50_ms, lines.p95_ms, lines.p99_ms),
    saved: [
      { label: 'in flight', color: 'teal', values: lines.in_flight },
      { label: 'retries a second', color: 'amber', values: perSecond(lines.retries) },
    ],
    sent: [{ label: 'sent', color: 'teal', values: perSecond(lines.bytes_out), isArea: true }],
  };
}

const TONE_COLORS = { good: 'teal', warn: 'amber', bad: 'red', calm: 'muted' } as const;

function useMarks(events: readonly EventLine[]): readonly Mark[] {
  return useMemo(
    () =>
      events.slice(0, 100).map(({ at, kind, tenant, backend, detail }) => ({
        at,
        color: TONE_COLORS[toneOf(kind)],
        text: `${[tenant, backend].filter((word) => word !== null).join('/')} ${kind.replaceAll('_', ' ')}: ${detail}`,
      })),
    [events],
  );
}
