// Writes all metrics of the gateway, in steps between which requests are served: with ten thousand tenants it takes long.
import { failureCodes } from '../../core/failure.ts';
import {
  METHOD_CLASSES,
  NO_TENANT,
  OTHER_BACKENDS,
  OTHER_TENANTS,
  RETRY_REASONS,
  STATUS_CLASSES,
  SUM,
  WHOLE,
  requestsAt,
  tenantSeries as at,
} from '../../core/series-layout.ts';
import type { Series } from '../../core/series-cells.ts';
import type { Steps } from '../../core/slices.ts';
import { Exposition, type ExpositionFormat, type Family, label } from './exposition.ts';
import { families } from './families.ts';
import { failureNumber } from './reasons.ts';
import type { MeteredBackend, MeteredTenant, MetricsSources } from './sources.ts';
import { writeGateway } from './write-gateway.ts';

/** Who has a record, with the labels that say so. */
type Labelled = { readonly labels: string; readonly record: number };

// Both are words of the gateway as well: the labels of a tenant that is called so must be other ones.
const RESERVED: ReadonlySet<string> = new Set(['other', 'none']);

type Present = {
  readonly tenants: readonly (Labelled & { readonly tenant: MeteredTenant })[];
  readonly backends: readonly (Labelled & { readonly backend: MeteredBackend })[];
  /** How many tenants are in that state. */
  readonly health: ReadonlyMap<string, number>;
};

/** The whole text. */
export function* metricsText(sources: MetricsSources, format: ExpositionFormat): Steps<Uint8Array> {
  const out = new Exposition(format);
  const present = yield* look(sources);
  writeGateway(out, sources);
  out.begin(families.tenants);
  for (const [health, count] of present.health) out.value(label('health', health), count);
  yield* writeTraffic(out, sources, present);
  yield* writeTenants(out, present);
  yield* writeBackends(out, sources, present);
  return out.end();
}

// Tenants and backends that have no figures of their own are not named.
function* look({ tenants, find }: MetricsSources): Steps<Present> {
  const named: Present['tenants'][number][] = [];
  const backends: Present['backends'][number][] = [];
  const health = new Map<string, number>();
  for (const tenant of tenants()) {
    health.set(tenant.status, (health.get(tenant.status) ?? 0) + 1);
    const labels = label('tenant', RESERVED.has(tenant.name) ? `tenant ${tenant.name}` : tenant.name);
    const record = find.ofTenant(tenant.name);
    if (record !== null) named.push({ labels, record, tenant });
    for (const backend of tenant.backends) {
      const place = find.ofBackend(tenant.name, backend.name);
      if (place !== null)
        backends.push({ labels: `${labels},${label('backend', backend.name)}`, record: place, backend });
    }
    yield;
  }
  return { tenants: named, backends, health };
}

function* writeTraffic(out: Exposition, { series }: MetricsSources, present: Present): Steps<void> {
  const { tenants, failures, bounds } = series;
  const rest = [
    { labels: label('tenant', 'other'), record: OTHER_TENANTS },
    { labels: label('tenant', 'none'), record: NO_TENANT },
  ];
  const all: readonly Labelled[] = [...present.tenants, ...rest];
  yield* requests(out, families.requests, tenants, all);
  yield* counts(out, families.failed, all, (record) => tenants.sum(record, at.failed));
  out.begin(families.failures);
  for (const code of failureCodes) {
    const count = failures.sum(0, failureNumber(code));
    if (count > 0) out.value(label('code', code), count);
  }
  yield* histograms(out, families.duration, all, { series: tenants, start: at.duration, bounds });
  yield* histograms(out, families.firstByte, all, { series: tenants, start: at.firstByte, bounds });
  const whole = [{ labels: '', record: WHOLE }];
  yield* histograms(out, families.connect, whole, { series: tenants, start: at.connect, bounds });
  yield* histograms(out, families.queue, all, { series: tenants, start: at.queue, bounds });
  yield* counts(out, families.bytesIn, all, (record) => tenants.sum(record, at.bytesIn));
  yield* counts(out, families.bytesOut, all, (record) => tenants.sum(record, at.bytesOut));
  out.begin(families.retries);
  for (const { labels, record } of all) {
    for (const [place, reason] of RETRY_REASONS.entries()) {
      const count = tenants.sum(record, at.retries + place);
      if (count > 0) out.value(`${labels},${label('reason', reason)}`, count);
    }
    yield;
  }
  yield* counts(out, families.hedges, all, (record) => tenants.sum(record, at.hedges));
  yield* counts(out, families.saved, all, (record) => tenants.sum(record, at.saved));
}

function* writeTenants(out: Exposition, { tenants }: Present): Steps<void> {
  const write = function* (family: Family, values: (tenant: MeteredTenant) => Iterable<readonly [string, number]>) {
    out.begin(family);
    for (const { labels, tenant } of tenants) {
      for (const [more, value] of values(tenant)) out.value(more === '' ? labels : `${labels},${more}`, value);
      yield;
    }
  };
  yield* write(families.tenantInFlight, ({ backends }) => [['', sumOf(backends, (one) => one.in_flight)]]);
  yield* write(families.tenantWaiting, ({ waiting }) => [['', waiting]]);
  yield* write(families.tenantRefused, ({ share, limits }) => [
    [label('limit', 'share'), share.refused],
    [label('limit', 'limits'), limits.refused],
  ]);
  yield* write(families.tenantBackends, ({ backends }) => [
    [label('kind', 'all'), backends.length],
    [label('kind', 'eligible'), sumOf(backends, ({ eligible }) => (eligible ? 1 : 0))],
  ]);
}

function* writeBackends(out: Exposition, { series }: MetricsSources, present: Present): Steps<void> {
  const { backends: figures } = series;
  const { backends } = present;
  const other = `${label('tenant', 'other')},${label('backend', 'other')}`;
  const all: readonly Labelled[] = [...backends, { labels: other, record: OTHER_BACKENDS }];
  yield* requests(out, families.backendRequests, figures, all);
  yield* counts(out, families.backendBytesIn, all, (record) => figures.sum(record, at.bytesIn));
  yield* counts(out, families.backendBytesOut, all, (record) => figures.sum(record, at.bytesOut));
  out.begin(families.backendFirstByte);
  for (const { labels, record } of all) {
    const count = bucketsOf(series.bounds, (bucket) => figures.sum(record, at.firstByte + bucket)).reduce(added, 0);
    if (count > 0) {
      out.part('_sum', labels, figures.sum(record, at.firstByte + SUM) / 1000);
      out.part('_count', labels, count);
    }
    yield;
  }
  const write = function* (
    family: Family,
    value: (backend: MeteredBackend) => number,
    more: (backend: MeteredBackend) => string = none,
  ) {
    out.begin(family);
    for (const { labels, backend } of backends) {
      out.value(`${labels}${more(backend)}`, value(backend));
      yield;
    }
  };
  yield* write(families.backendFailures, ({ failures }) => failures);
  yield* write(families.backendInFlight, ({ in_flight }) => in_flight);
  yield* write(families.backendIdle, ({ idle_connections }) => idle_connections);
  yield* write(families.backendEligible, ({ eligible }) => (eligible ? 1 : 0));
  yield* write(families.backendWeight, ({ weight }) => weight);
  yield* write(families.backend, one, standing);
}

const none = (): string => '';
const one = (): number => 1;

function standing({ state, health, admission }: MeteredBackend): string {
  return `,${label('state', state)},${label('health', health)},${label('admission', admission)}`;
}

function* requests(out: Exposition, family: Family, series: Series, all: readonly Labelled[]): Steps<void> {
  out.begin(family);
  for (const { labels, record } of all) {
    writeClasses(out, labels, (method, status) => series.sum(record, requestsAt(method, status)));
    yield;
  }
}

function writeClasses(out: Exposition, labels: string, read: (method: number, status: number) => number): void {
  for (const [method, methodClass] of METHOD_CLASSES.entries()) {
    for (const [status, statusClass] of STATUS_CLASSES.entries()) {
      const count = read(method, status);
      if (count > 0) out.value(`${labels},${classLabels(methodClass, statusClass)}`, count);
    }
  }
}

function classLabels(methodClass: string, statusClass: string): string {
  return `method_class="${methodClass}",status_class="${statusClass}"`;
}

function* counts(
  out: Exposition,
  family: Family,
  all: readonly Labelled[],
  read: (record: number) => number,
): Steps<void> {
  out.begin(family);
  for (const { labels, record } of all) {
    out.value(labels, read(record));
    yield;
  }
}

type Measured = { readonly series: Series; readonly start: number; readonly bounds: readonly number[] };

function* histograms(
  out: Exposition,
  family: Family,
  all: readonly Labelled[],
  { series, start, bounds }: Measured,
): Steps<void> {
  const ends = [...bounds.map((bound) => `le="${bound / 1000}"`), 'le="+Inf"'];
  out.begin(family);
  for (const { labels, record } of all) {
    const buckets = bucketsOf(bounds, (bucket) => series.sum(record, start + bucket));
    const total = buckets.reduce(added, 0);
    yield;
    // Most tenants are asleep.
    if (total === 0 && labels !== '') continue;
    const before = labels === '' ? '' : `${labels},`;
    let below = 0;
    for (const [bucket, count] of buckets.entries()) {
      below += count;
      out.part('_bucket', `${before}${ends[bucket] ?? ''}`, below);
    }
    out.part('_sum', labels, series.sum(record, start + SUM) / 1000);
    out.part('_count', labels, total);
  }
}

function bucketsOf(bounds: readonly number[], read: (bucket: number) => number): readonly number[] {
  return Array.from({ length: bounds.length + 1 }, (_, bucket) => read(bucket));
}

function added(sum: number, count: number): number {
  return sum + count;
}

function sumOf<One>(all: readonly One[], value: (one: One) => number): number {
  return all.reduce((sum, item) => sum + value(item), 0);
}
