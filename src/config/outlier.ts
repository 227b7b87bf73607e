// What real traffic may do to a backend's standing.
import { z } from 'zod';
import { choice, count, duration, durationOrNone, flag, portion } from '../core/settings.ts';
import { outlierCauses } from '../standing/outlier.ts';
import { defaulted } from './fields.ts';

const cause = choice(outlierCauses);

export const outlierEjection = z.strictObject({
  enabled: defaulted(flag, 'Whether traffic may eject a backend.', {
    value: true,
    reason: 'a health page may be well while every answer is an error.',
  }),
  consecutive: defaulted(count({ min: 1, max: 1000 }), 'Bad results in a row that eject.', {
    value: 5,
    reason: 'chance alone makes five in a row only where every other answer is bad anyway.',
  }),
  failure_share: defaulted(portion, 'Share of bad results within `window` that ejects, of at least `min_requests`.', {
    value: '50%',
    reason: 'a backend that fails every other request is worse than none.',
  }),
  min_requests: defaulted(
    count({ min: 1, max: 100_000 }),
    'Requests within `window` below which a share says nothing.',
    {
      value: 20,
      reason: 'a share of fewer is chance.',
    },
  ),
  window: defaulted(duration, 'How far back the share looks.', {
    value: '10s',
    reason: 'long enough for twenty requests, short enough to speak of now.',
  }),
  base_time: defaulted(
    duration,
    'How long the first ejection lasts; the second lasts twice as long, the third three times.',
    {
      value: '10s',
      reason: 'a restart takes as long.',
    },
  ),
  max_time: defaulted(duration, 'The longest ejection.', {
    value: '5m',
    reason: 'what was mended is found within minutes.',
  }),
  quiet_time: defaulted(duration, 'After this long without an ejection one of them is forgotten.', {
    value: '60s',
    reason: 'old trouble says little of now.',
  }),
  max_share: defaulted(portion, 'Share of the backends that may be ejected at once; never the last that is eligible.', {
    value: '50%',
    reason: 'where more are bad, the fault is likely behind them all.',
  }),
  max_latency: defaulted(
    durationOrNone,
    'An answer whose first byte takes longer is a bad result, of the kind `slow`.',
    { value: 'none', reason: 'only the operator knows what is too slow.' },
  ),
  on: defaulted(z.array(cause), 'Which results count against a backend.', {
    value: ['connect', 'reset', 'timeout', 'malformed', '5xx', 'slow'],
    reason: 'all that a client would call an error of the server.',
  }),
});
