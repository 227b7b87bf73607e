// The access log: settings of the gateway, and of tenants that differ.
import { z } from 'zod';
import {
  type AccessLogFormat,
  type AccessLogOutput,
  type AccessLogSettings,
  accessLogFields,
  accessLogForms,
  partsOfTemplate,
} from '../core/access-log-settings.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Refusal, duration, flag, portion, size, text } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { rotate } from './rotate.ts';
import { syslogAddress } from './syslog-address.ts';

const MOST_FIELDS = 32;

const format = text<AccessLogFormat>({
  type: 'json, common, combined, or a template',
  expected: `json, common, combined, or a text such as "{client} {method} {path} {status}"; what may stand in it: ${accessLogFields.map((name) => `{${name}}`).join(', ')}, {request.NAME}, {response.NAME}; a brace itself is written twice`,
  parse: parseFormat,
});

function parseFormat(value: string): Result<AccessLogFormat, Refusal> {
  const form = accessLogForms.find((word) => word === value);
  if (form !== undefined) return ok(form);
  if (!value.includes('{')) return err({ message: '{value} is no form of the access log' });
  if (/[\r\n]/.test(value)) return err({ message: 'has a line break' });
  const parts = partsOfTemplate(value);
  return parts.ok ? ok({ template: value }) : err({ message: parts.error });
}

const output = text<AccessLogOutput>({
  type: 'stdout, a file, or syslog',
  expected:
    'stdout, the whole path of a file, syslog (which is syslog:/dev/log), syslog:PATH of a socket, or syslog://ADDRESS:PORT',
  parse(value) {
    if (value === 'stdout') return ok({ kind: 'stdout' });
    if (value.startsWith('/') && !value.endsWith('/')) return ok({ kind: 'file', path: value });
    const to = syslogAddress(value);
    return to === null ? err({ message: '{value} is no place for it' }) : ok({ kind: 'syslog', to });
  },
});

const fieldName = text<string>({
  type: 'name of a field',
  expected: 'the name of a header field such as X-User-Id',
  parse: (value) =>
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(value)
      ? ok(value.toLowerCase())
      : err({ message: '{value} is no name of a field' }),
});

const secretName = text<string>({
  type: 'name',
  expected: 'the name of a header field or of a parameter of a query',
  parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value.toLowerCase())),
});

const fields = z.array(described(fieldName, 'A name.')).max(MOST_FIELDS);
const names = z.array(described(secretName, 'A name.')).max(256);

/** What is a secret wherever nothing else is said. */
const SECRETS = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'api_key',
  'apikey',
  'key',
  'code',
  'secret',
  'client_secret',
  'password',
  'passwd',
  'pass',
  'session',
  'sid',
  'sig',
  'signature',
  'x-amz-signature',
];

export const accessLog = z.strictObject({
  enabled: defaulted(flag, 'Whether requests are logged. A tenant may override it.', {
    value: true,
    reason: 'whoever writes `access_log` wants one.',
  }),
  format: defaulted(
    format,
    'The form of a line. `json`: one object, with what there is of the fields. `common` and `combined`: as Apache and nginx write them. Any other text is a template: `"{client} {method} {path} {status} {duration_ms}"`, with `-` for what there is not, `{request.NAME}` and `{response.NAME}` for fields of the heads. Whatever clients send, a line stays one line. A tenant may override it.',
    { value: 'json', reason: 'every log shipper reads it, and nothing in it can be mistaken.' },
  ),
  output: defaulted(
    output,
    'Where lines go: `stdout`, the whole path of a file, or `syslog` (RFC 5424): to the socket `/dev/log`, to another one (`syslog:/run/log.sock`), or by UDP (`syslog://192.0.2.1:514`). All workers write the same file, each line in one piece. SIGUSR1 opens files anew; so does a file that was moved away. A tenant may override it.',
    { value: 'stdout', reason: 'service managers and containers take it from there.' },
  ),
  query: defaulted(flag, 'Whether the query of the target is told. A tenant may override it.', {
    value: true,
    reason: 'it is needed to see what was asked for; secrets in it are left out by `redact`.',
  }),
  request_fields: defaulted(
    fields,
    'Names of fields of requests that JSON lines have in `request`. A tenant may override it.',
    { value: [], reason: 'the usual ones have members of their own.' },
  ),
  response_fields: defaulted(
    fields,
    'Names of fields of responses, as they come from backends, that JSON lines have in `response`. A tenant may override it.',
    { value: [], reason: 'as above, and to keep the heads of responses costs time.' },
  ),
  redact: defaulted(
    names,
    'Names of header fields and of parameters of queries whose values are written as `***`, in the query of a referer, too. A list of its own takes the place of the default. A tenant may override it.',
    { value: SECRETS, reason: 'a log is read by more people than a secret.' },
  ),
  sample: defaulted(
    portion,
    'The share of good answers that are logged: those below 400 that have come in less than `slow_after`. All others are logged always. A tenant may override it.',
    { value: '100%', reason: 'a log that leaves out requests is no record.' },
  ),
  slow_after: defaulted(duration, 'What takes longer than this is logged in any case. A tenant may override it.', {
    value: '1s',
    reason: 'people look for what was slow.',
  }),
  rotate: defaulted(rotate, 'When a file is set aside, and how many are kept.', {
    value: {},
    reason: 'see each setting.',
  }),
  buffer_bytes: defaulted(
    size({ min: bytes(64 * 1024), max: bytes(1024 * 1024 * 1024) }),
    'What may wait to be written, for each output and worker. What does not fit is dropped, and counted in the log. Lines are written every 100 ms, and when there are 64 KiB of them.',
    { value: '4MiB', reason: 'a second of a busy worker; requests never wait for a disk.' },
  ),
  field_bytes: defaulted(
    size({ min: bytes(64), max: bytes(64 * 1024) }),
    'The longest value in a line; what is longer is cut.',
    { value: '2KiB', reason: 'a client must not fill the disk with what it makes up.' },
  ),
});

const own = (key: string) => `Overrides \`access_log.${key}\` for this tenant.`;

export const tenantAccessLog = z.strictObject({
  enabled: optional(flag, own('enabled')),
  format: optional(format, own('format')),
  output: optional(output, own('output')),
  query: optional(flag, own('query')),
  request_fields: optional(fields, own('request_fields')),
  response_fields: optional(fields, own('response_fields')),
  redact: optional(names, own('redact')),
  sample: optional(portion, own('sample')),
  slow_after: optional(duration, own('slow_after')),
});

const USUAL = accessLog.parse({});

type Own = z.output<typeof tenantAccessLog>;

/** How requests are logged that belong to no tenant, and those of tenants that say nothing else; null: not at all. */
export function resolveAccessLog(all: z.output<typeof accessLog> | undefined): AccessLogSettings | null {
  return all === undefined || !all.enabled ? null : settingsOf(all);
}

/** How requests of a tenant are logged; `usual`: as those of all. */
export function resolveTenantAccessLog(
  all: z.output<typeof accessLog> | undefined,
  tenant: Own | undefined,
): AccessLogSettings | null | 'usual' {
  if (tenant === undefined) return 'usual';
  const merged = { ...(all ?? USUAL), ...tenant };
  return merged.enabled ? settingsOf(merged) : null;
}

function settingsOf(all: z.output<typeof accessLog>): AccessLogSettings {
  const { format: form, output: place, query, redact, sample, rotate: when } = all;
  return {
    format: form,
    output: place,
    query,
    requestFields: all.request_fields,
    responseFields: all.response_fields,
    redact,
    sample,
    slowAfter: all.slow_after,
    rotate: when,
    buffer: all.buffer_bytes,
    fieldBytes: all.field_bytes,
  };
}

/** What holds where nothing is said. */
export const usualAccessLog = settingsOf(USUAL);
