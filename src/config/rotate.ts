// When files of logs are set aside: the same settings for each log.
import { z } from 'zod';
import { defaulted } from '../core/described.ts';
import { count, durationOrNone, flag, sizeOrNone } from '../core/settings.ts';

export const rotate = z.strictObject({
  size: defaulted(sizeOrNone, 'A file that has grown to this is set aside, and another one is begun. `none`: never.', {
    value: '100MiB',
    reason: 'a file that nobody looks after must not fill the disk.',
  }),
  age: defaulted(durationOrNone, 'The same for a file that was begun so long ago. `none`: never.', {
    value: 'none',
    reason: 'a size alone bounds what is kept.',
  }),
  keep: defaulted(count({ min: 0, max: 10_000 }), 'How many of the files that were set aside are kept.', {
    value: 10,
    reason: 'with the size above it is a gigabyte at the most, less than a tenth of that compressed.',
  }),
  compress: defaulted(flag, 'Whether files that were set aside are compressed by gzip.', {
    value: true,
    reason: 'logs shrink to a tenth.',
  }),
});
