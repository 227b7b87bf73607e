// What the demo's screen shows, as plain values.
import type { BackendStatus } from '../../src/admin/shapes/backend.ts';
import type { Millis } from '../../src/core/units.ts';

export type DemoState = {
  readonly version: string;
  readonly url: string;
  readonly uptime: Millis;
  readonly traffic: {
    readonly perSecond: number;
    /** Requests per second over time, the latest last. */
    readonly history: readonly number[];
    readonly total: number;
    readonly failed: number;
    /** Requests that succeeded only with another attempt. */
    readonly saved: number;
  };
  readonly tenants: readonly TenantView[];
  /** Oldest first. */
  readonly events: readonly DemoEvent[];
  /** What happens next; null: nothing. */
  readonly next: string | null;
  /** A command with which the viewer can send a request, too. */
  readonly attempt: string;
  /** Where the dashboard is; null: nowhere. */
  readonly dashboard: string | null;
};

export type TenantView = {
  readonly name: string;
  /** Which requests belong to it. */
  readonly rule: string;
  readonly healthy: number;
  readonly backends: readonly BackendView[];
};

export type BackendView = Pick<
  BackendStatus,
  'name' | 'health' | 'eligible' | 'reason' | 'requests' | 'failures' | 'in_flight'
> & {
  /** Of the tenant's latest requests, from 0 to 1. */
  readonly share: number;
  /** Milliseconds; null before the first request. */
  readonly p50: number | null;
  readonly p99: number | null;
};

/** Something that happened, `at` milliseconds after the demo began. */
export type DemoEvent = {
  readonly at: Millis;
  readonly tone: 'good' | 'bad' | 'act';
  readonly text: string;
};
