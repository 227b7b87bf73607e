// The options of the policy openapi.
import { z } from 'zod';
import { defaulted, described, optional } from '../../core/described.ts';
import { err, ok } from '../../core/result.ts';
import { choice, duration, flag, setting, size, text } from '../../core/settings.ts';
import { convertedFile } from '../../core/text-file.ts';
import { bytes } from '../../core/units.ts';
import { readDescription } from './description.ts';

const LARGEST_FILE = bytes(4 * 1024 * 1024);
const LARGEST_BODY = bytes(16 * 1024 * 1024);

const unknownPath = setting<number | string, 'refuse' | 'pass'>({
  type: '404 or pass',
  expected: '404 or pass',
  json: { type: ['integer', 'string'], minimum: 404, maximum: 404, pattern: '^(404|pass)$|\\$\\{' },
  parse(value) {
    if (value === 404 || value === '404') return ok('refuse');
    return value === 'pass' ? ok('pass') : err({ message: '{value} is neither' });
  },
});

const basePath = text<string>({
  type: 'path',
  expected: 'a path such as "/v1", or "/" for none',
  parse: (value) =>
    /^\/[!-~]*$/.test(value) ? ok(value.replace(/\/+$/, '')) : err({ message: '{value} is not a path' }),
});

export const openapiOptions = z.strictObject({
  file: described(
    convertedFile(LARGEST_FILE, readDescription),
    'The description of the API, OpenAPI 3.0 or 3.1, as YAML or JSON of at most 4 MiB. References within the file are followed, others are refused. It is read with the configuration.',
  ),
  base_path: optional(
    basePath,
    'What comes before the paths of the description in those that clients send. Absent: the paths of its `servers`.',
  ),
  validate: defaulted(
    z.strictObject({
      path: defaulted(flag, 'Parameters of the path.', { value: true, reason: 'a description says what they are.' }),
      query: defaulted(flag, 'Parameters of the query.', { value: true, reason: 'as above.' }),
      headers: defaulted(flag, 'Header fields and cookies.', { value: true, reason: 'as above.' }),
      body: defaulted(
        flag,
        'The media type of the body, and bodies of JSON and of forms (application/x-www-form-urlencoded). Others are only known by their type.',
        { value: true, reason: 'as above.' },
      ),
    }),
    'What is looked at.',
    { value: {}, reason: 'all that is described.' },
  ),
  unknown_path: defaulted(
    unknownPath,
    'A path that the description does not have, or not with that method, is answered with 404 or 405 (`404`), or passes unchecked.',
    { value: 404, reason: 'what nobody has described nobody looks after.' },
  ),
  unknown_query: defaulted(
    choice(['pass', 'refuse']),
    'What happens to parameters of the query that are not described.',
    { value: 'pass', reason: 'campaigns and proxies add some.' },
  ),
  body_max: defaulted(
    size({ min: bytes(0), max: LARGEST_BODY }),
    'How long a body may be that is looked at; it is read to its end before the request goes on. A longer one is answered with 413.',
    { value: '1MiB', reason: 'each one is in memory while it is read.' },
  ),
  time: defaulted(duration, 'How long the check of one request may take. One that takes longer is refused.', {
    value: '100ms',
    reason: 'nothing else is done meanwhile; real bodies take a few.',
  }),
  responses: defaulted(
    choice(['off', 'report']),
    '`report`: the log says which answers of backends are not as described. They pass as they are; bodies of JSON up to `body_max` are kept in memory until they are complete.',
    { value: 'off', reason: 'it costs memory and time, and changes nothing for clients.' },
  ),
  mode: defaulted(
    choice(['refuse', 'report']),
    '`report`: requests that would be refused go on, and the log says what is wrong with them.',
    { value: 'refuse', reason: 'a check is there to keep out.' },
  ),
});

export type OpenapiOptions = z.output<typeof openapiOptions>;
