// How the log is written.
import { z } from 'zod';
import { type LogPlace, logFormats, logLevels } from '../core/log-settings.ts';
import { choice, text } from '../core/settings.ts';
import { defaulted } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { rotate } from './rotate.ts';

const output = text<LogPlace>({
  type: 'stderr, stdout, or a file',
  expected: 'stderr, stdout, or the whole path of a file',
  parse(value) {
    if (value === 'stderr' || value === 'stdout') return ok({ kind: value });
    return value.startsWith('/') && !value.endsWith('/')
      ? ok({ kind: 'file', path: value })
      : err({ message: '{value} is no place for it' });
  },
});

export const log = z.strictObject({
  level: defaulted(
    choice(logLevels),
    'Which lines are written. `debug`: also each request that was refused, with the rule that refused it, each attempt that failed, and errors of connections of clients; `info`: all changes; `warn`: without what merely happens; `error`: only what needs somebody. `keystone log-level` changes it while the gateway runs.',
    {
      value: 'info',
      reason:
        'the gateway writes a line when something changes, not for each request, so that all of them can be read.',
    },
  ),
  format: defaulted(
    choice(logFormats),
    'The form of a line. `text`: for people; on a terminal the time, the level, the message and its fields, in colours unless NO_COLOR is set, elsewhere the same as logfmt (`msg="backend unhealthy" tenant=shop backend=a`). `json`: one object, with `time`, `level`, `msg` and the same fields. `auto`: text where the output is a terminal, JSON otherwise.',
    { value: 'auto', reason: 'who looks at a terminal is a person; what reads a pipe or a file is a program.' },
  ),
  output: defaulted(
    output,
    'Where lines go: `stderr`, `stdout`, or the whole path of a file. All workers write the same file, each line in one piece. SIGUSR1 opens it anew; so does a file that was moved away.',
    { value: 'stderr', reason: 'service managers and containers take it from there, apart from results.' },
  ),
  rotate: defaulted(rotate, 'When a file is set aside, and how many are kept, as for the access log.', {
    value: {},
    reason: 'see each setting.',
  }),
});
