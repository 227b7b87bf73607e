// What the HTTP check may be told. Apart from the check itself, so that the configuration needs no protocol code.
import { z } from 'zod';
import { type Result, err, ok } from '../core/result.ts';
import { type Refusal, choice, setting, text } from '../core/settings.ts';

/** Statuses from one to another, both included. */
export type StatusRange = { readonly from: number; readonly to: number };

/** The path that a probe asks for; may have a query. */
const checkPath = text<string>({
  type: 'path',
  expected: 'a path that begins with "/", such as "/health" or "/health?full=1"',
  pattern: '^/[!-~]*$',
  parse: parseCheckPath,
});

/** The same for a service's own path. */
export function parseCheckPath(path: string): Result<string, Refusal> {
  if (!path.startsWith('/')) return err({ message: '{value} does not begin with "/"' });
  if (path.includes('#')) return err({ message: '{value} has a fragment, which is never sent' });
  if (!/^[!-~]*$/.test(path)) return err({ message: '{value} has characters that must be percent-encoded' });
  return ok(path);
}

const statusRange = setting<number | string, StatusRange>({
  type: 'status or range',
  expected: 'a status such as 200, or a range such as "200-299"',
  json: { type: ['integer', 'string'], minimum: 100, maximum: 599, pattern: '^[1-5]\\d\\d(-[1-5]\\d\\d)?$|\\$\\{' },
  parse(value) {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value));
    if (match === null) return err({ message: '{value} is not a status from 100 to 599, nor a range of them' });
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    return from <= to ? ok({ from, to }) : err({ message: '{value} ends before it begins' });
  },
});

export const httpCheckOptions = z.strictObject({
  path: z.exactOptional(checkPath).meta({
    description:
      'Path that a probe asks for, for every backend whose service has no `health` of its own. Absent: only services with a `health` are checked.',
  }),
  method: choice(['GET', 'HEAD']).prefault('GET').meta({
    description: 'Method of a probe.',
    'x-reason': 'every origin answers GET; HEAD spares the body where it is supported.',
  }),
  expect_status: z.array(statusRange).prefault(['200-299']).meta({
    description: 'Statuses that count as a success. Redirects are not followed.',
    'x-reason': 'as in the original; a redirect more often means a misconfigured origin than a healthy one.',
  }),
});
