// What is told of backends, and to whom: a call for each change of one. What is told of exchanges is in message/record.ts.

/** What is counted for each backend. `failures`: attempts that failed there, whether or not another one saved the
 * request. `failures` is counted by the data plane, the rest by the observer. */
export type TrafficCounters = {
  requests: number;
  failures: number;
  /** Counts in buckets; UNMEASURED until the first latency is counted. */
  latency: Uint32Array;
};

/** Of backends without traffic, which most are in a large configuration: they share it. */
export const UNMEASURED = new Uint32Array(0);

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

/** Whoever wants to know of backends. */
export type BackendObserver = { backendChanged(change: BackendChange): void };
