// Writes all metrics of the gateway, in steps between which requests are served: with ten thousand tenants it takes long.
import { failureCodes } from '../../core/failure.ts';
import { NO_TENANT, OTHER_TENANTS, RETRY_REASONS, WHOLE, tenantSeries as at } from '../../core/series-layout.ts';
import type { Steps } from '../../core/slices.ts';
import { Exposition, type ExpositionFormat, type Family, label } from './exposition.ts';
import { families } from './families.ts';
import { failureNumber } from './reasons.ts';
import type { MetricsSources, TenantFigures } from './sources.ts';
import { type LabelledBackend, writeBackends } from './write-backends.ts';
import { writeGateway } from './write-gateway.ts';
import { type Labelled, writeCounts, writeHistograms, writeRequests } from './write-series.ts';

// Both are words of the gateway as well: the labels of a tenant that is called so must be other ones.
const RESERVED: ReadonlySet<string> = new Set(['other', 'none']);

type LabelledTenant = Labelled & { readonly figures: TenantFigures };

type Present = {
  readonly tenants: readonly LabelledTenant[];
  readonly backends: readonly LabelledBackend[];
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
  yield* writeBackends(out, sources, present.backends);
  return out.end();
}

// Tenants and backends that have no figures of their own are not named.
function* look({ tenants }: MetricsSources): Steps<Present> {
  const named: LabelledTenant[] = [];
  const backends: LabelledBackend[] = [];
  const health = new Map<string, number>();
  for (const { name, status, own, backends: those } of tenants()) {
    health.set(status, (health.get(status) ?? 0) + 1);
    const labels = label('tenant', RESERVED.has(name) ? `tenant ${name}` : name);
    if (own !== null) named.push({ labels, record: own.record, figures: own });
    for (const backend of those)
      backends.push({ labels: `${labels},${label('backend', backend.name)}`, record: backend.record, backend });
    yield;
  }
  return { tenants: named, backends, health };
}

function* writeTraffic(out: Exposition, { series }: MetricsSources, present: Present): Steps<void> {
  const { tenants, bounds } = series;
  const rest = [
    { labels: label('tenant', 'other'), record: OTHER_TENANTS },
    { labels: label('tenant', 'none'), record: NO_TENANT },
  ];
  const all: readonly Labelled[] = [...present.tenants, ...rest];
  const counts = (family: Family, place: number): Steps<void> =>
    writeCounts(out, family, all, (record) => tenants.sum(record, place));
  const histograms = (family: Family, whom: readonly Labelled[], start: number): Steps<void> =>
    writeHistograms(out, family, whom, { series: tenants, start, bounds });
  yield* writeRequests(out, families.requests, tenants, all);
  yield* counts(families.failed, at.failed);
  const failing = all.filter(({ record }) => tenants.sum(record, at.failed) > 0);
  yield* writeReasons(out, families.failures, failing, FAILURES, (record, place) => tenants.sum(record, place));
  yield* histograms(families.duration, all, at.duration);
  yield* histograms(families.firstByte, all, at.firstByte);
  yield* histograms(families.connect, [{ labels: '', record: WHOLE }], at.connect);
  yield* histograms(families.queue, all, at.queue);
  yield* counts(families.bytesIn, at.bytesIn);
  yield* counts(families.bytesOut, at.bytesOut);
  yield* writeReasons(out, families.retries, all, RETRIES, (record, place) => tenants.sum(record, place));
  yield* counts(families.hedges, at.hedges);
  yield* counts(families.saved, at.saved);
}

type Reason = { readonly place: number; readonly labels: string };

const FAILURES: readonly Reason[] = failureCodes.map((code) => ({
  place: at.failures + failureNumber(code),
  labels: label('code', code),
}));
const RETRIES: readonly Reason[] = RETRY_REASONS.map((reason, number) => ({
  place: at.retries + number,
  labels: label('reason', reason),
}));

// Those that have happened.
function* writeReasons(
  out: Exposition,
  family: Family,
  all: readonly Labelled[],
  reasons: readonly Reason[],
  read: (record: number, place: number) => number,
): Steps<void> {
  out.begin(family);
  for (const { labels, record } of all) {
    for (const { place, labels: more } of reasons) {
      const count = read(record, place);
      if (count > 0) out.value(`${labels},${more}`, count);
    }
    yield;
  }
}

function* writeTenants(out: Exposition, { tenants }: Present): Steps<void> {
  for (const [family, values] of TENANTS) {
    out.begin(family);
    for (const { labels, figures } of tenants) {
      for (const [more, value] of values(figures)) out.value(more === '' ? labels : `${labels},${more}`, value);
      yield;
    }
  }
}

type Values = (figures: TenantFigures) => readonly (readonly [labels: string, value: number])[];

const TENANTS: readonly (readonly [Family, Values])[] = [
  [families.tenantInFlight, ({ inFlight }) => [['', inFlight]]],
  [families.tenantWaiting, ({ waiting }) => [['', waiting]]],
  [
    families.tenantRefused,
    ({ refusedByShare, refusedByLimits }) => [
      ['limit="share"', refusedByShare],
      ['limit="limits"', refusedByLimits],
    ],
  ],
  [
    families.tenantBackends,
    ({ total, eligible }) => [
      ['kind="all"', total],
      ['kind="eligible"', eligible],
    ],
  ],
];
