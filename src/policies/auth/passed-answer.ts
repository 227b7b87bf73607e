// The answer of a server that has let a request not in, for the client: as it is, less what concerns the connection to that server.
import type { LocalResponse } from '../../message/local-response.ts';
import type { AskedResponse } from '../tools.ts';

type Fields = AskedResponse['headers'];

// Written anew, or of one connection only (RFC 9110 7.6.1).
const OWN = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'cache-control',
  'expires',
  'pragma',
  'age',
]);

/** Null: such an answer says nothing to a client. */
export function passedAnswer({ status, headers, body }: AskedResponse): LocalResponse | null {
  if (status < 300 || status > 499 || status === 304) return null;
  const nominated = new Set(valuesOf(headers, 'connection').flatMap((value) => value.toLowerCase().split(/[,\s]+/)));
  const kept = headers.filter(([name]) => !OWN.has(name) && !nominated.has(name));
  return { status, headers: [...kept, ['cache-control', 'no-store']], body };
}

/** All values of a field (in lower case). */
export function valuesOf(headers: Fields, name: string): readonly string[] {
  return headers.filter(([one]) => one === name).map(([, value]) => value);
}
