// Requests of the HTTP/1.1 suite as HTTP/2 has them, where that makes sense.
import type { WireCase } from '../wire/case.ts';
import type { Field } from '../support/hpack-twin.ts';

export type Translated = { readonly fields: readonly Field[]; readonly body: string; readonly method: string };

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) HTTP\/1\.1$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/s;
// They belong to a connection of HTTP/1.1, or to its framing; or a body waits for an answer.
const NOT_TRANSLATED = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// They are about the version that a request came in, or that it came without TLS.
const OF_THE_CONNECTION = /^(Via |X-Forwarded-P(ort|roto) |TRACE allowed)/;

/** Null: it is about what HTTP/2 does not have. */
export function translate({ name, send, listener, isAlone, expect }: WireCase, token: string): Translated | null {
  if (OF_THE_CONNECTION.test(name)) return null;
  if (typeof send !== 'string' || listener !== undefined || isAlone === true || expect.kind === 'any') return null;
  const [head = '', ...rest] = send.replaceAll('{id}', token).split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  const [, method = '', path = ''] = REQUEST_LINE.exec(line) ?? [];
  const fields = lines.map(fieldOf);
  if (!path.startsWith('/') || fields.includes(null)) return null;
  const known = fields.filter((field) => field !== null);
  const hosts = known.filter(([key]) => key === 'host');
  const lengths = known.filter(([key]) => key === 'content-length');
  if (hosts.length !== 1 || hosts[0]?.[1] === '' || known.some(([key]) => NOT_TRANSLATED.has(key))) return null;
  if (lengths.length > 1 || Number(lengths[0]?.[1] ?? 0) !== body.length) return null;
  const pseudo: Field[] = [
    [':method', method],
    [':scheme', 'https'],
    [':path', path],
    [':authority', hosts[0]?.[1] ?? ''],
  ];
  return { fields: [...pseudo, ...known.filter(([key]) => key !== 'host')], body, method };
}

// Null: malformed. Such lines have cases of their own over HTTP/2.
function fieldOf(line: string): Field | null {
  const [, name, value = ''] = FIELD.exec(line) ?? [];
  return name === undefined || /[\0\r\n]/.test(value) ? null : [name.toLowerCase(), value];
}
