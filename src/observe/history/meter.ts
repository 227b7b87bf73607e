// Makes points of counts that only grow: what has come since the last look.
import { type TrafficTotals, quantile } from '../../core/traffic-totals.ts';
import type { Point } from './timeline.ts';

/** Of one tenant, or of all. */
export class Meter {
  constructor(private before: TrafficTotals) {}

  /** What has come since the last call. */
  read(now: TrafficTotals, inFlight: number): Point {
    const point = pointOf(this.before, now, inFlight);
    this.before = now;
    return point;
  }

  /** Whether anything has come since then. */
  hasNews({ requests }: TrafficTotals): boolean {
    return requests !== this.before.requests;
  }
}

/** What has come between two looks. Counts that have begun anew are taken as they are. */
export function pointOf(before: TrafficTotals, now: TrafficTotals, inFlight: number): Point {
  const base = now.requests < before.requests ? null : before;
  const more = (of: (totals: TrafficTotals) => number): number => of(now) - (base === null ? 0 : of(base));
  const counts = now.duration.counts.map((count, at) => count - (base?.duration.counts[at] ?? 0));
  const durations = { ...now.duration, counts };
  const milliseconds = (part: number): number | null => {
    const seconds = quantile(durations, part);
    return seconds === null ? null : seconds * 1000;
  };
  return {
    requests: more(({ requests }) => requests),
    clientErrors: more(({ byStatus }) => byStatus[4] ?? 0),
    serverErrors: more(({ byStatus }) => byStatus[5] ?? 0),
    retries: more(({ retries }) => retries),
    bytesOut: more(({ bytesOut }) => bytesOut),
    inFlight,
    p50: milliseconds(0.5),
    p95: milliseconds(0.95),
    p99: milliseconds(0.99),
  };
}
