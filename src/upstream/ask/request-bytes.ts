// A request to a server that is no backend, as bytes.
import { type Result, err, ok } from '../../core/result.ts';
import { join } from '../../message/bytes.ts';
import type { AskedRequest } from '../../policies/tools.ts';

const METHOD = /^[A-Za-z]{1,32}$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether the request may be sent again where it is not known what has become of it. */
export function isRepeatable({ method, mayRepeat = false }: AskedRequest): boolean {
  return mayRepeat || method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/** The whole request. An error: it has what no request may have. */
export function requestBytes({ method, headers, body }: AskedRequest, url: URL): Result<Uint8Array, string> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return err(`${url.protocol} is not spoken`);
  if (!METHOD.test(method)) return err('the method is none');
  const wrong = headers.find(([name, value]) => !NAME.test(name) || !VALUE.test(value));
  if (wrong !== undefined) return err(`the field ${JSON.stringify(wrong[0])} has a character that no field may have`);
  const own = headers.some(([name]) => name.toLowerCase() === 'user-agent') ? [] : [['User-Agent', 'keystone']];
  const isWithLength = body !== null || method === 'POST' || method === 'PUT';
  const fields = [
    ['Host', url.host],
    ...own,
    ...headers,
    ...(isWithLength ? [['Content-Length', String(body?.length ?? 0)]] : []),
  ];
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
  const head = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return ok(body === null ? head : join(head, body));
}
