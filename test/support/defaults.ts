// The defaults of the configuration, for tests that need no configuration.
import type { BackOffSettings, RetryBudgetSettings } from '../../src/config/retry.ts';
import { millis, share } from '../../src/core/units.ts';
import { type OutlierSettings, outlierCauses } from '../../src/standing/outlier.ts';
import type { SlowStartSettings } from '../../src/standing/slow-start.ts';

export const OUTLIER_DEFAULTS: OutlierSettings = {
  consecutive: 5,
  failure_share: share(0.5),
  min_requests: 20,
  window: millis(10_000),
  base_time: millis(10_000),
  max_time: millis(300_000),
  quiet_time: millis(60_000),
  max_share: share(0.5),
  max_latency: millis(Number.POSITIVE_INFINITY),
  on: new Set(outlierCauses),
  ignore_statuses: new Set([501, 505, 507, 508, 511]),
};

export const BACK_OFF_DEFAULTS: BackOffSettings = { base: millis(25), max: millis(1000) };

export const BUDGET_DEFAULTS: RetryBudgetSettings = { budget: share(0.2), min_per_second: 3 };

/** A slow start as an operator would configure it; the default is none. */
export const SLOW_START: SlowStartSettings = { time: millis(10_000), min_share: share(0.1) };
