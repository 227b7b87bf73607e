// Counts what belongs to no tenant where all processes of the gateway see it.
import type { TrafficSeries } from '../../core/series-cells.ts';
import { TLS_VERSIONS, gatewaySeries as at, handshakesAt } from '../../core/series-layout.ts';
import type { TlsFacts } from '../../message/contract.ts';
import type { LineCounts } from '../access-log/log-output.ts';
import type { SpanCounts } from '../traces/span-export.ts';

const ONLY = 0;

/** Counts TLS handshakes with clients. */
export function handshakeCounter({
  gateway,
}: Pick<TrafficSeries, 'gateway'>): (facts: Pick<TlsFacts, 'version' | 'isResumed'>) => void {
  return ({ version, isResumed }) => {
    const number = TLS_VERSIONS.findIndex((one) => one === version);
    if (number >= 0) gateway.add(ONLY, handshakesAt(number, isResumed), 1);
  };
}

/** Counts lines of all access logs. */
export function lineCounter({ gateway }: Pick<TrafficSeries, 'gateway'>): LineCounts {
  return {
    written: (lines) => gateway.add(ONLY, at.linesWritten, lines),
    dropped: (lines) => gateway.add(ONLY, at.linesDropped, lines),
    failed: () => gateway.add(ONLY, at.writesFailed, 1),
  };
}

/** Counts what becomes of the spans of traces. */
export function spanCounter({ gateway }: Pick<TrafficSeries, 'gateway'>): SpanCounts {
  return {
    exported: (spans) => gateway.add(ONLY, at.spansExported, spans),
    dropped: (spans) => gateway.add(ONLY, at.spansDropped, spans),
    failed: () => gateway.add(ONLY, at.exportsFailed, 1),
  };
}
