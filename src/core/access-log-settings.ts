// How the access log is written: the settings as the plan has them, and what a line may tell.
import { type Result, err, ok } from './result.ts';
import type { RotateSettings } from './rotate-settings.ts';
import type { Bytes, Millis, Share } from './units.ts';

/** What a line may tell, by the names of JSON, in their order there. */
export const accessLogFields = [
  'time',
  'request_id',
  'trace_id',
  'client',
  'client_port',
  'consumer',
  'tenant',
  'route',
  'pool',
  'listener',
  'method',
  'scheme',
  'host',
  'path',
  'query',
  'protocol',
  'status',
  'grpc_status',
  'failure',
  'refused_by',
  'bytes_in',
  'bytes_out',
  'duration_ms',
  'queue_ms',
  'connect_ms',
  'first_byte_ms',
  'backend',
  'attempts',
  'tried',
  'compression',
  'tls_version',
  'tls_cipher',
  'sni',
  'user_agent',
  'referer',
  'plan',
] as const;

export type AccessLogField = (typeof accessLogFields)[number];

export const accessLogForms = ['json', 'common', 'combined'] as const;

/** A part of a template: a text, a field, or a field of the request's or the response's head. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: AccessLogField }
  | { readonly kind: 'request' | 'response'; readonly name: string };

export type AccessLogFormat = (typeof accessLogForms)[number] | { readonly template: string };

/** Where lines go. */
export type AccessLogOutput =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  /** `unix`: a datagram socket of this machine. */
  | { readonly kind: 'syslog'; readonly to: SyslogAddress };

export type SyslogAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'udp'; readonly hostname: string; readonly port: number };

/** One way of writing lines. */
export type AccessLogSettings = {
  readonly format: AccessLogFormat;
  readonly output: AccessLogOutput;
  readonly query: boolean;
  /** Names in lower case. */
  readonly requestFields: readonly string[];
  readonly responseFields: readonly string[];
  readonly redact: readonly string[];
  readonly sample: Share;
  readonly slowAfter: Millis;
  readonly rotate: RotateSettings;
  readonly buffer: Bytes;
  readonly fieldBytes: Bytes;
};

const TOKEN = /\{\{|\}\}|\{([^{}]*)\}?|\}/g;
const HEAD_PLACE = /^(request|response)\.([!#$%&'*+\-.^_`|~\w]+)$/;

/** The parts of a template such as `{client} {method} {path} {request.x-user}`; a brace itself is written twice. */
export function partsOfTemplate(source: string): Result<readonly TemplatePart[], string> {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    const [token, place] = match;
    if (match.index > end) parts.push({ kind: 'text', text: source.slice(end, match.index) });
    end = match.index + token.length;
    if (token === '{{' || token === '}}') {
      parts.push({ kind: 'text', text: token.slice(1) });
      continue;
    }
    if (place === undefined || !token.endsWith('}'))
      return err('has a brace without its other one; a brace itself is written twice');
    const part = placeOf(place);
    if (part === null) return err(`has {${place}}, which stands for nothing`);
    parts.push(part);
  }
  if (end < source.length) parts.push({ kind: 'text', text: source.slice(end) });
  return ok(parts);
}

function placeOf(place: string): TemplatePart | null {
  const name = accessLogFields.find((field) => field === place);
  if (name !== undefined) return { kind: 'field', name };
  const [, side, field = ''] = HEAD_PLACE.exec(place) ?? [];
  if (side !== 'request' && side !== 'response') return null;
  return { kind: side, name: field.toLowerCase() };
}
