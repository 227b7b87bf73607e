// The results, as they are written to the JSON file: the table and the page are drawn from nothing else. Times are
// milliseconds since the test began.
import type { BackendState, HealthAnswer } from './admin.ts';
import type { GeneratorName } from './generator.ts';

export type Report = {
  readonly keystone: string;
  /** ISO 8601. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly generator: GeneratorName;
  /** `own`: the load test has brought it along. */
  readonly gateway: 'own' | 'given';
  readonly stages: readonly StageReport[];
  /** Null: nothing was killed. */
  readonly drill: DrillReport | null;
  readonly timeline: Timeline;
  readonly verdict: Verdict;
  /** What is left out, and why. */
  readonly notes: readonly string[];
};

export type StageReport = {
  readonly name: string;
  readonly url: string;
  readonly host: string | null;
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
  /** Null: backends may not be seen. */
  readonly shares: readonly ShareReport[] | null;
  /** The least loaded to the most loaded backend, by weight; null where too little went to any tenant. */
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
  /** Whether it was healthy all the time: only then is its share comparable. */
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
  /** Of one more client; null: the request failed. */
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
