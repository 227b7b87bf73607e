// What the metrics are made from.
import type { TrafficSeries } from '../../core/series-cells.ts';
import type { SeriesFinder } from './totals.ts';
import type { ProbeCounter } from './probe-counter.ts';
import type { WorkerFigures } from './worker-gauge.ts';

/** A backend at the moment. */
export type MeteredBackend = {
  readonly name: string;
  readonly state: string;
  readonly health: string;
  readonly admission: string;
  readonly eligible: boolean;
  readonly weight: number;
  readonly in_flight: number;
  readonly idle_connections: number;
  readonly open_connections: number;
  readonly failures: number;
};

/** A tenant at the moment. */
export type MeteredTenant = {
  readonly name: string;
  readonly status: string;
  readonly waiting: number;
  readonly share: { readonly refused: number };
  readonly limits: { readonly refused: number };
  readonly backends: readonly MeteredBackend[];
};

type MeteredDoor = {
  readonly address: string;
  readonly open: number;
  readonly handshaking: number;
  readonly counts: {
    readonly accepted: number;
    readonly reset: number;
    readonly beyondConnections: number;
    readonly beyondDescriptors: number;
    readonly beyondClient: number;
    readonly beyondHandshakes: number;
    readonly handshakesLate: number;
    readonly handshakesFailed: number;
    readonly beyondH2: number;
  };
};

/** A certificate that is in force, and when it ends, in milliseconds since 1970. */
export type MeteredCertificate = { readonly name: string; readonly file: string; readonly until: number };

export type MetricsSources = {
  readonly version: string;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly series: TrafficSeries;
  readonly find: SeriesFinder;
  readonly tenants: () => Iterable<MeteredTenant>;
  readonly doors: () => readonly MeteredDoor[];
  readonly certificates: () => readonly MeteredCertificate[];
  readonly probes: Pick<ProbeCounter, 'of' | 'durations'>;
  readonly reloads: () => { readonly failed: number; readonly lastHasFailed: boolean; readonly lastAt: number | null };
  readonly workers: () => readonly WorkerFigures[];
  /** Events by their kinds. */
  readonly changes: () => Iterable<readonly [kind: string, count: number]>;
  /** The number of the plan in force. */
  readonly planNumber: () => number;
  /** When it was put in force, in milliseconds since 1970. */
  readonly plannedAt: () => number;
};
