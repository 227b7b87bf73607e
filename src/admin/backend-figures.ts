// What was counted at one backend since the gateway has started: what became of connections, and how soon it has answered.
import { OTHER_BACKENDS, backendSeries as at } from '../core/series-layout.ts';
import type { TrafficSeries } from '../core/series-cells.ts';
import { quantile } from '../core/traffic-totals.ts';
import { readHistogram } from '../observe/metrics/totals.ts';
import type { BackendReport } from './shapes/backend.ts';

type Counted = Pick<TrafficSeries, 'backends' | 'bounds'>;

/** `record`: where it is counted. Null: together with others, see `metrics.max_backends`. */
export function backendFigures({ backends, bounds }: Counted, record: number): BackendReport['figures'] {
  if (record === OTHER_BACKENDS) return null;
  return {
    connections_opened: backends.sum(record, at.opened),
    connections_failed: backends.sum(record, at.notOpened),
    connections_reused: backends.sum(record, at.reused),
    first_byte: firstByte({ backends, bounds }, record),
  };
}

type FirstByte = Exclude<BackendReport['figures'], null>['first_byte'];

function firstByte({ backends, bounds }: Counted, record: number): FirstByte {
  const times = readHistogram(backends, record, at.firstByte, bounds);
  const count = times.counts.reduce((sum, one) => sum + one, 0);
  const [half, nearlyAll] = [quantile(times, 0.5), quantile(times, 0.99)];
  if (half === null || nearlyAll === null) return null;
  return {
    count,
    mean_ms: inMilliseconds(times.sum / count),
    p50_ms: inMilliseconds(half),
    p99_ms: inMilliseconds(nearlyAll),
  };
}

function inMilliseconds(seconds: number): number {
  return Math.round(seconds * 100_000) / 100;
}
