// When real traffic ejects a backend.
import { z } from 'zod';
import { choice, count, duration, durationOrNone, flag, portion } from '../core/settings.ts';
import { outlierCauses } from '../standing/outlier.ts';
import { defaulted } from '../core/described.ts';

const cause = choice(outlierCauses);

export const outlierEjection = z.strictObject({
  enabled: defaulted(flag, 'Whether traffic may eject a backend.', {
    value: true,
    reason: 'a health page may answer well while every other answer is an error.',
  }),
  consecutive: defaulted(count({ min: 1, max: 1000 }), 'How many bad results in a row eject a backend.', {
    value: 5,
    reason: 'five in a row by chance happen only where about every other answer is bad anyway.',
  }),
  failure_share: defaulted(
    portion,
    'Share of bad results within `window` that ejects a backend, if it had at least `min_requests`.',
    {
      value: '50%',
      reason: 'a backend that fails every other request is worse than none.',
    },
  ),
  min_requests: defaulted(
    count({ min: 1, max: 100_000 }),
    'How many requests within `window` it takes for `failure_share` to apply.',
    {
      value: 20,
      reason: 'a share of fewer requests may be chance.',
    },
  ),
  window: defaulted(duration, 'How far back `failure_share` looks.', {
    value: '10s',
    reason: 'long enough for twenty requests, short enough to tell of the present.',
  }),
  base_time: defaulted(
    duration,
    'How long the first ejection lasts; the second lasts twice as long, the third three times.',
    {
      value: '10s',
      reason: 'a restart takes about as long.',
    },
  ),
  max_time: defaulted(duration, 'The longest ejection.', {
    value: '5m',
    reason: 'a backend that was mended is found again within minutes.',
  }),
  quiet_time: defaulted(
    duration,
    'After each such time without an ejection, one earlier ejection no longer counts for the length of the next.',
    {
      value: '60s',
      reason: 'old trouble tells little of the present.',
    },
  ),
  max_share: defaulted(portion, 'Share of the backends that may be ejected at once; the last eligible one never is.', {
    value: '50%',
    reason: 'where more are bad, the fault is most likely in something that they all depend on.',
  }),
  max_latency: defaulted(
    durationOrNone,
    'An answer whose first byte takes longer is a bad result, of the kind `slow`.',
    { value: 'none', reason: 'only the operator knows what is too slow.' },
  ),
  ignore_statuses: defaulted(
    z.array(count({ min: 500, max: 599 })),
    'Statuses from 500 on that do not count as `5xx`, because they speak of the request and not of the backend.',
    {
      value: [501, 505, 507, 508, 511],
      reason:
        'an unknown method or version, a full quota, a loop of the request, a login to a network: another backend would say the same.',
    },
  ),
  on: defaulted(z.array(cause), 'Which results count against a backend.', {
    value: ['connect', 'reset', 'timeout', 'malformed', '5xx', 'slow'],
    reason: 'all that a client would call an error of the server.',
  }),
});
