// What is counted apart in the metrics, and how finely times are.
import { z } from 'zod';
import { defaulted, described } from '../core/described.ts';
import { MOST_BOUNDS } from '../core/series-layout.ts';
import { count, duration } from '../core/settings.ts';

/** Read when the gateway starts: what has been counted goes on as it was begun. */
export type MetricsSettings = z.output<typeof metrics>;

export const metrics = z.strictObject({
  max_tenants: defaulted(
    count({ min: 0, max: 100_000 }),
    'How many tenants have figures of their own: the first ones of the configuration. All others are `other` together. A change counts from the next start or upgrade on.',
    {
      value: 1000,
      reason: 'each has some hundred time series, and a Prometheus server of usual size keeps a few hundred thousand.',
    },
  ),
  max_backends: defaulted(
    count({ min: 0, max: 1_000_000 }),
    'The same for backends, of all tenants together. A change counts from the next start or upgrade on.',
    { value: 4000, reason: 'four for each of those tenants.' },
  ),
  buckets: defaulted(
    z
      .array(described(duration, 'An upper bound.'))
      .min(1)
      .max(MOST_BOUNDS)
      .superRefine((bounds, context) => {
        if (bounds.every((bound, at) => at === 0 || bound > (bounds[at - 1] ?? 0))) return;
        const params = { message: 'the bounds do not rise', expected: 'each bound above the one before it' };
        context.addIssue({ code: 'custom', input: bounds, params });
      }),
    `The upper bounds of the buckets in which times are counted, the least first; at most ${MOST_BOUNDS}. A change counts from the next start or upgrade on.`,
    {
      value: [
        '1ms',
        '2.5ms',
        '5ms',
        '10ms',
        '25ms',
        '50ms',
        '100ms',
        '250ms',
        '500ms',
        '1s',
        '2.5s',
        '5s',
        '10s',
        '30s',
        '60s',
      ],
      reason:
        'from what a cached answer takes to the longest that anybody waits, each two to three times the one before.',
    },
  ),
});
