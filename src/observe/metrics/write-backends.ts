// Metrics of backends: what is counted at them, how they stand, and what probes have found.
import { OTHER_BACKENDS, SUM, backendSeries as at } from '../../core/series-layout.ts';
import type { Series } from '../../core/series-cells.ts';
import type { Steps } from '../../core/slices.ts';
import { type Exposition, type Family, label } from './exposition.ts';
import { families } from './families.ts';
import type { MeteredBackend, MetricsSources } from './sources.ts';
import { type Labelled, writeCounts, writeRequests } from './write-series.ts';

export type LabelledBackend = Labelled & { readonly backend: MeteredBackend };

export function* writeBackends(
  out: Exposition,
  sources: MetricsSources,
  backends: readonly LabelledBackend[],
): Steps<void> {
  const { backends: figures } = sources.series;
  const other = `${label('tenant', 'other')},${label('backend', 'other')}`;
  const all: readonly Labelled[] = [...backends, { labels: other, record: OTHER_BACKENDS }];
  yield* writeRequests(out, families.backendRequests, figures, all);
  // Most backends of many tenants are asleep, and counters that have counted nothing would be most of the text.
  const busy = all.filter(({ record }) => hasCounted(figures, record));
  for (const [family, place] of COUNTS) yield* writeCounts(out, family, busy, (record) => figures.sum(record, place));
  yield* writeFirstBytes(out, sources, all);
  for (const [family, value, more] of STANDING) {
    out.begin(family);
    for (const { labels, backend } of backends) {
      out.value(more === undefined ? labels : `${labels}${more(backend)}`, value(backend));
      yield;
    }
  }
  yield* writeProbes(out, sources, backends);
}

const COUNTS: readonly (readonly [Family, number])[] = [
  [families.backendBytesIn, at.bytesIn],
  [families.backendBytesOut, at.bytesOut],
  [families.backendOpened, at.opened],
  [families.backendNotOpened, at.notOpened],
  [families.backendReused, at.reused],
  [families.backendSent, at.bytesTo],
  [families.backendReceived, at.bytesFrom],
];

function hasCounted(figures: Series, record: number): boolean {
  return figures.sum(record, at.opened) + figures.sum(record, at.notOpened) > 0;
}

type Read<Value> = (backend: MeteredBackend) => Value;

const STANDING: readonly (readonly [Family, Read<number>, Read<string>?])[] = [
  [families.backendFailures, ({ failures }) => failures],
  [families.backendInFlight, ({ inFlight }) => inFlight],
  [families.backendConnections, ({ open }) => open],
  [families.backendIdle, ({ idle }) => idle],
  [families.backendEligible, ({ eligible }) => (eligible ? 1 : 0)],
  [families.backendWeight, ({ weight }) => weight],
  [families.backend, () => 1, standing],
];

function standing({ state, health, admission }: MeteredBackend): string {
  return `,${label('state', state)},${label('health', health)},${label('admission', admission)}`;
}

function* writeFirstBytes(out: Exposition, { series }: MetricsSources, all: readonly Labelled[]): Steps<void> {
  const { backends: figures, bounds } = series;
  out.begin(families.backendFirstByte);
  for (const { labels, record } of all) {
    let count = 0;
    for (let bucket = 0; bucket <= bounds.length; bucket++) count += figures.sum(record, at.firstByte + bucket);
    if (count > 0) {
      out.part('_sum', labels, figures.sum(record, at.firstByte + SUM) / 1000);
      out.part('_count', labels, count);
    }
    yield;
  }
}

function* writeProbes(
  out: Exposition,
  { series, probes }: MetricsSources,
  backends: readonly LabelledBackend[],
): Steps<void> {
  out.begin(families.probes);
  for (const { labels, record } of backends) {
    const found = probes.of(series.slotOf(record));
    if (found !== null) {
      out.value(`${labels},result="passed"`, found.passed);
      out.value(`${labels},result="failed"`, found.failed);
    }
    yield;
  }
  out.begin(families.probeSeconds);
  for (const { labels, record } of backends) {
    const found = probes.of(series.slotOf(record));
    if (found !== null) {
      out.part('_sum', labels, found.seconds);
      out.part('_count', labels, found.passed + found.failed);
    }
    yield;
  }
}
