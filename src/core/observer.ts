// What the data plane reports, and to whom: one call when an exchange ends, one for each change of a backend. Whoever
// observes implements this; nothing on the request's way knows them.
import type { FailureCode } from './failure.ts';
import type { Millis } from './units.ts';

/** One exchange, as it ended. Valid during the call only. */
export type ExchangeRecord = {
  /** Null: no tenant matched. */
  readonly tenant: string | null;
  /** Observed backend of the latest attempt; null: none was tried. */
  readonly traffic: TrafficCounters | null;
  /** Of the response as it went to the client; 0: the client left before one began. */
  readonly status: number;
  readonly attempts: number;
  readonly failure: FailureCode | null;
  /** Monotonic; 0 for an exchange that was not measured. */
  readonly startedAt: Millis;
  /** When the response's head came; 0: it never did, or was not measured. */
  readonly answeredAt: Millis;
};

/** What is counted for each backend. `failures`: attempts that failed there, whether or not another one saved the
 * request. Owned by the backend, written by the observer. */
export type TrafficCounters = { requests: number; failures: number; readonly latency: Uint32Array };

/** healthy, unhealthy: what probes say. ejected, readmitted: what traffic says. withdrawn, returned: what the backend
 * asks for itself. draining, drained, cut (what was left at the deadline), disabled, enabled, weighted: what people do. */
export type BackendChangeKind =
  | 'healthy'
  | 'unhealthy'
  | 'ejected'
  | 'readmitted'
  | 'withdrawn'
  | 'returned'
  | 'draining'
  | 'drained'
  | 'cut'
  | 'disabled'
  | 'enabled'
  | 'weighted';

/** A change of a backend that people want to know of. */
export type BackendChange = {
  readonly tenant: string;
  readonly backend: string;
  readonly kind: BackendChangeKind;
  /** The evidence, in one line. */
  readonly detail: string;
};

/** Something that happened. `number` grows by one; `at`: milliseconds since 1970. */
export type GatewayEvent = BackendChange & { readonly number: number; readonly at: number };

/** Implemented by observe/. */
export type Observer = {
  attemptFailed(traffic: TrafficCounters): void;
  exchangeEnded(record: ExchangeRecord): void;
  backendChanged(change: BackendChange): void;
};
