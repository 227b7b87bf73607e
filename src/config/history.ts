// How much of the past is kept on disk.
import { z } from 'zod';
import { defaulted } from '../core/described.ts';
import { count, size } from '../core/settings.ts';
import { bytes } from '../core/units.ts';

export type HistorySettings = z.output<typeof history>;

const GIB = 1024 * 1024 * 1024;

export const history = z.strictObject({
  max_size: defaulted(
    size({ min: bytes(0), max: bytes(64 * GIB) }),
    'How large the file may become. Where it is full, the oldest points of ten seconds go first. `0`: nothing is kept on disk, and the past is that of the running process.',
    {
      value: '256MiB',
      reason: 'a tenant that always has traffic takes some 0.5 MB with all of its points, one without traffic nothing.',
    },
  ),
  fine_hours: defaulted(
    count({ min: 1, max: 168 }),
    'How many hours the points of ten seconds are kept, of each tenant and of all.',
    { value: 24, reason: 'what happened last night is looked at in the morning, step by step.' },
  ),
  coarse_days: defaulted(count({ min: 1, max: 400 }), 'How many days the points of five minutes are kept.', {
    value: 30,
    reason: 'a month shows what weekdays and weekends are like.',
  }),
  max_events: defaulted(count({ min: 0, max: 1_000_000 }), 'How many events are kept, the latest.', {
    value: 10_000,
    reason:
      'an event takes some 200 bytes; enough for weeks of a gateway that is well, and for nights of one that is not.',
  }),
});
