// How the log is written.
import { z } from 'zod';
import { logFormats, logLevels } from '../core/log-settings.ts';
import { choice } from '../core/settings.ts';
import { defaulted } from '../core/described.ts';

export const log = z.strictObject({
  level: defaulted(
    choice(logLevels),
    'Which lines are written: `info` all of them; `warn` without what merely happens; `error` only what needs somebody.',
    {
      value: 'info',
      reason:
        'the gateway writes a line when something changes, not for each request, so that all of them can be read.',
    },
  ),
  format: defaulted(
    choice(logFormats),
    'The form of a line on the standard error. `text`: the time, the level, and logfmt (`msg="backend unhealthy" tenant=shop backend=a`). `json`: one object, with `time`, `level`, `msg` and the same fields.',
    { value: 'text', reason: 'people read it as it is, and programs that know logfmt do, too.' },
  ),
});
