// The defaults of the configuration, for tests that need no configuration.
import { millis, share } from '../../src/core/units.ts';
import { type OutlierSettings, outlierCauses } from '../../src/health/outlier.ts';

export const OUTLIER_DEFAULTS: OutlierSettings = {
  consecutive: 5,
  failure_share: share(0.5),
  min_requests: 20,
  window: millis(10_000),
  base_time: millis(10_000),
  max_time: millis(300_000),
  quiet_time: millis(60_000),
  max_share: share(0.5),
  on: new Set(outlierCauses),
};
