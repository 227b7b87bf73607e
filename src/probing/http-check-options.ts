// The options of the HTTP check. In a file of their own, so that reading a configuration loads no protocol code.
import { z } from 'zod';
import { type Result, err, ok } from '../core/result.ts';
import { type Refusal, choice, flag, setting, size, text } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { hostToAsk, routeOptions } from './probe-route.ts';
import { secretMap, secretText } from './secret-map.ts';
import { textMatch, textMatchFields } from './text-match.ts';

/** Statuses from one to another, both included. */
export type StatusRange = { readonly from: number; readonly to: number };

/** The path that a probe asks for; may have a query. */
const checkPath = text<string>({
  type: 'path',
  expected: 'a path that begins with "/", such as "/health" or "/health?full=1"',
  pattern: '^/[!-~]*$',
  parse: parseCheckPath,
});

// Of a URL its path; of a path the slash before it.
function nearestPath(typed: string): string | null {
  const path = typed.replace(/^https?:\/\/[^/?#@]*/i, '');
  return /^[\w./-]+$/.test(path) ? `/${path}`.replace(/^\/+/, '/') : null;
}

/** Reads the path of a probe: that of a check, or the `health` of a service. */
export function parseCheckPath(path: string): Result<string, Refusal> {
  if (!path.startsWith('/')) return err({ message: '{value} does not begin with "/"', suggest: nearestPath });
  if (path.includes('#')) return err({ message: '{value} has a fragment, which is never sent' });
  if (!/^[!-~]*$/.test(path)) return err({ message: '{value} has characters that must be percent-encoded' });
  return ok(path);
}

// `2xx` is how other programs write it.
function nearestRange(typed: string): string | null {
  const [, digit] = /^([1-5])xx$/i.exec(typed) ?? [];
  return digit === undefined ? null : `"${digit}00-${digit}99"`;
}

const statusRange = setting<number | string, StatusRange>({
  type: 'status or range',
  expected: 'a status such as 200, or a range such as "200-299"',
  json: { type: ['integer', 'string'], minimum: 100, maximum: 599, pattern: '^[1-5]\\d\\d(-[1-5]\\d\\d)?$|\\$\\{' },
  parse(value) {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value));
    if (match === null)
      return err({ message: '{value} is not a status from 100 to 599, nor a range of them', suggest: nearestRange });
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    return from <= to ? ok({ from, to }) : err({ message: '{value} ends before it begins' });
  },
});

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// The gateway sets the fields that frame the request or concern its connection.
const RESERVED = new Set(
  'connection content-length expect host keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
);

function explainFieldName(name: string): string | null {
  if (!FIELD_NAME.test(name)) return 'is not the name of a header field';
  if (name.toLowerCase() === 'host') return 'is set by `host`';
  return RESERVED.has(name.toLowerCase()) ? 'is a field that the gateway sets itself' : null;
}

const fieldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field, such as X-Ready',
  parse: (value) =>
    FIELD_NAME.test(value) ? ok(value) : err({ message: '{value} is not the name of a header field' }),
});

/** Fields of a request, whose values may be secrets. */
export const requestHeaders = secretMap({
  key: { expected: 'the name of a header field, such as X-Probe', explain: explainFieldName },
  value: {
    expected: 'a text of visible characters of ASCII, with spaces only inside',
    explain: (value) => (/^([!-~]([\t -~]*[!-~])?)?$/.test(value) ? null : 'has characters that a header cannot carry'),
  },
});

const MAX_SENT = 64 * 1024;

const body = secretText({
  expected: 'a text of up to 64KiB',
  explain: (value) => (value.length > MAX_SENT ? 'is too long' : null),
});

const expectedHeader = z.strictObject({
  name: fieldName.meta({ description: 'Name of the field, in any case.' }),
  ...textMatchFields,
});

const expectations = {
  expect_status: z.array(statusRange).prefault(['200-299']).meta({
    description: 'Statuses that count as a success. Redirects are not followed.',
    'x-reason': 'as in the original; a redirect more often means a misconfigured origin than a healthy one.',
  }),
  expect_header: z
    .array(expectedHeader.meta({ description: 'A field.' }))
    .prefault([])
    .meta({
      description:
        'Fields that a response must have, all of them. Without `contains` and `matches`, any value is accepted. Several fields of one name are joined by commas.',
      'x-reason': 'the status is enough for most origins.',
    }),
  expect_body: z.exactOptional(textMatch).meta({
    description:
      'What the body of a response must contain, read as UTF-8: a text, or a map. Absent: the body is not read.',
  }),
  max_body: size({ min: bytes(1), max: bytes(1024 * 1024) })
    .prefault('64KiB')
    .meta({
      description: 'How much of a body is read; `expect_body` looks at that part only.',
      'x-reason': 'health pages are smaller, and a probe must not read an endless body.',
    }),
  drain_on_404: flag.prefault(false).meta({
    description:
      'Whether a 404 is a success that asks for no new requests, whatever else is expected. A backend that is to be stopped can then remove its health page first.',
    'x-reason': 'for most origins a 404 means that the path of the check is wrong.',
  }),
};

export const httpCheckOptions = z.strictObject({
  path: z.exactOptional(checkPath).meta({
    description:
      'Path that a probe asks for, for every backend whose service has no `health` of its own. Absent: only services with a `health` are checked.',
  }),
  method: choice(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']).prefault('GET').meta({
    description: 'Method of a probe.',
    'x-reason': 'every origin answers GET; HEAD spares the body where it is supported.',
  }),
  host: z.exactOptional(hostToAsk).meta({
    description: 'The Host that a probe asks for, and its name in TLS. Absent: the host that the probe goes to.',
  }),
  headers: requestHeaders.prefault({}).meta({
    description:
      'Fields to send with a probe; their values are never shown. `User-Agent`, `Accept` and `Authorization` replace those of the gateway.',
    'x-reason': 'a path is enough for most origins.',
  }),
  body: z.exactOptional(body).meta({
    description: 'Body of a probe; it is never shown. Absent: none. Set its media type in `headers`.',
  }),
  ...expectations,
  ...routeOptions,
});

export type HttpCheckOptions = z.output<typeof httpCheckOptions>;
