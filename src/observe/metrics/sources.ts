// What the metrics are made from.
import type { TrafficSeries } from '../../core/series-cells.ts';
import type { ProbeCounter } from './probe-counter.ts';
import type { WorkerFigures } from './worker-gauge.ts';

/** A backend with figures of its own, at the moment. */
export type MeteredBackend = {
  readonly name: string;
  /** Where its traffic is counted. */
  readonly record: number;
  readonly state: string;
  readonly health: string;
  readonly admission: string;
  readonly eligible: boolean;
  readonly weight: number;
  readonly inFlight: number;
  /** Connections. */
  readonly idle: number;
  readonly open: number;
  readonly failures: number;
};

/** A tenant at the moment. */
export type MeteredTenant = {
  readonly name: string;
  readonly status: string;
  /** Null: it has no figures of its own. */
  readonly own: TenantFigures | null;
  /** Those that have. */
  readonly backends: readonly MeteredBackend[];
};

export type TenantFigures = {
  /** Where its traffic is counted. */
  readonly record: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly refusedByShare: number;
  readonly refusedByLimits: number;
  /** Backends: all, and those that may get requests. */
  readonly total: number;
  readonly eligible: number;
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
  readonly tenants: () => Iterable<MeteredTenant>;
  readonly doors: () => readonly MeteredDoor[];
  readonly certificates: () => readonly MeteredCertificate[];
  /** How often authorities were asked when a certificate is best renewed, by what came of it. */
  readonly advice: () => Iterable<readonly [outcome: string, count: number]>;
  readonly probes: Pick<ProbeCounter, 'of' | 'durations'>;
  readonly reloads: () => { readonly failed: number; readonly lastHasFailed: boolean; readonly lastAt: number | null };
  readonly workers: () => readonly WorkerFigures[];
  /** How often another process has begun to serve in the place of one that has ended, by slots. */
  readonly restarts: () => readonly number[];
  /** Events by their kinds. */
  readonly changes: () => Iterable<readonly [kind: string, count: number]>;
  /** The number of the plan in force. */
  readonly planNumber: () => number;
  /** When it was put in force, in milliseconds since 1970. */
  readonly plannedAt: () => number;
};
