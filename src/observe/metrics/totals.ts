// What all processes of the gateway have counted of traffic, for whoever shows it.
import type { Series, TrafficSeries } from '../../core/series-cells.ts';
import {
  METHOD_CLASSES,
  RETRY_REASONS,
  STATUS_CLASSES,
  SUM,
  WHOLE,
  requestsAt,
  tenantSeries,
  trafficSeries,
} from '../../core/series-layout.ts';
import type { Histogram, TotalsReader, TrafficTotals } from '../../core/traffic-totals.ts';

/** Which records tenants and backends have; null: none of their own. */
export type SeriesFinder = {
  readonly ofTenant: (name: string) => number | null;
  readonly ofBackend: (tenant: string, backend: string) => number | null;
};

export function totalsReader(series: TrafficSeries, find: SeriesFinder): TotalsReader {
  const { tenants, backends } = series;
  const tenantAt = (record: number): TrafficTotals => readTenant(tenants, record, series.bounds);
  return {
    whole: () => tenantAt(WHOLE),
    tenant(name) {
      const record = find.ofTenant(name);
      return record === null ? null : tenantAt(record);
    },
    backend(tenant, backend) {
      const record = find.ofBackend(tenant, backend);
      return record === null ? null : readTraffic(backends, record, series.bounds);
    },
  };
}

function readTenant(series: Series, record: number, bounds: readonly number[]): TrafficTotals {
  const retries = RETRY_REASONS.reduce((sum, _, at) => sum + series.sum(record, tenantSeries.retries + at), 0);
  return { ...readTraffic(series, record, bounds), retries, saved: series.sum(record, tenantSeries.saved) };
}

function readTraffic(series: Series, record: number, bounds: readonly number[]): TrafficTotals {
  const byStatus = STATUS_CLASSES.map((_, status) =>
    METHOD_CLASSES.reduce((sum, _class, method) => sum + series.sum(record, requestsAt(method, status)), 0),
  );
  return {
    requests: byStatus.reduce((sum, count) => sum + count, 0),
    byStatus,
    bytesIn: series.sum(record, trafficSeries.bytesIn),
    bytesOut: series.sum(record, trafficSeries.bytesOut),
    retries: 0,
    saved: 0,
    duration: readHistogram(series, record, trafficSeries.duration, bounds),
    firstByte: readHistogram(series, record, trafficSeries.firstByte, bounds),
  };
}

/** The histogram that begins there in the record. `bounds`: in milliseconds. */
export function readHistogram(series: Series, record: number, start: number, bounds: readonly number[]): Histogram {
  const counts = Array.from({ length: bounds.length + 1 }, (_, bucket) => series.sum(record, start + bucket));
  return { bounds: bounds.map((bound) => bound / 1000), counts, sum: series.sum(record, start + SUM) / 1000 };
}
