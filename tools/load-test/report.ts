// The results as the JSON file has them. Table and page are made from these alone. Times are milliseconds since the test
// began.
import type { BackendState, HealthAnswer } from './admin.ts';
import type { GeneratorName } from './generator.ts';

export type Report = {
  readonly keystone: string;
  /** ISO 8601. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly generator: GeneratorName;
  /** `own`: the load test has started it. */
  readonly gateway: 'own' | 'given';
  readonly stages: readonly StageReport[];
  /** Null: no origin was killed. */
  readonly drill: DrillReport | null;
  readonly timeline: Timeline;
  readonly verdict: Verdict;
  /** Which results are left out, and why. */
  readonly notes: readonly string[];
};

export type StageReport = {
  readonly name: string;
  readonly url: string;
  readonly host: string | null;
  /** False: the gateway itself has answered. */
  readonly proxied: boolean;
  readonly connections: number;
  readonly started_at: number;
  readonly ended_at: number;
  readonly requests: number;
  readonly requests_per_second: number;
  readonly bytes: number;
  readonly latency_ms: Readonly<Record<'mean' | 'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>;
  /** By class: `2xx`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Only kinds that occurred: connect, read, write, timeout, sample, 4xx, 5xx. */
  readonly errors: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly error_rate: number;
  /** Null: the admin API does not show backends. */
  readonly shares: readonly ShareReport[] | null;
  /** Load of the least loaded backend over that of the most loaded, by weight; null: no tenant had enough requests. */
  readonly balance: number | null;
  /** Null: no admin API. */
  readonly health: StageHealth | null;
};

export type ShareReport = {
  readonly tenant: string;
  readonly backend: string;
  readonly weight: number;
  readonly requests: number;
  /** Of the tenant's requests in this stage, from 0 to 1. */
  readonly share: number;
  /** The backend was healthy all the time; otherwise its share tells nothing of the balancer. */
  readonly steady: boolean;
};

export type StageHealth = {
  readonly before: HealthAnswer | null;
  readonly changes: readonly ChangeReport[];
  readonly after: HealthAnswer | null;
};

export type ChangeReport = {
  readonly at: number;
  readonly tenant: string;
  readonly backend: string | null;
  readonly state: BackendState;
  readonly reason: string | null;
};

export type DrillReport = {
  readonly origin: string;
  readonly killed_at: number;
  readonly revived_at: number;
  readonly allowed_ms: { readonly out: number; readonly back: number };
  readonly backends: readonly DrilledBackend[];
};

export type DrilledBackend = {
  readonly tenant: string;
  readonly backend: string;
  /** Null: it never happened. */
  readonly out_after_ms: number | null;
  readonly back_after_ms: number | null;
};

export type Timeline = {
  readonly throughput: { readonly step_ms: number; readonly requests_per_second: readonly number[] };
  /** As one more client measured it; null: the request failed. */
  readonly latency: readonly { readonly at: number; readonly ms: number | null }[];
  readonly health: readonly Lane[];
};

export type Lane = {
  readonly tenant: string;
  readonly backend: string | null;
  readonly spans: readonly { readonly from: number; readonly to: number; readonly state: BackendState }[];
};

export type Verdict = { readonly passed: boolean; readonly rules: readonly Rule[] };

export type Rule = {
  readonly rule: 'requests' | 'latency' | 'balance' | 'health';
  readonly passed: boolean;
  readonly detail: string;
};
