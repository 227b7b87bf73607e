// What a server is asked that decides about requests.
import type { AskedRequest } from '../tools.ts';
import type { PolicyRequest } from '../contract.ts';
import { latin1 } from '../../message/bytes.ts';
import { schemeOf } from '../template.ts';
import { linesOf } from './credential-places.ts';
import type { ForwardAuthOptions } from './forward-auth-options.ts';

type Fields = AskedRequest['headers'];

/** The fields of the question. What clients claim about themselves is not among them, unless they are trusted. */
export function questionFields(request: PolicyRequest, { send_headers: sent }: ForwardAuthOptions): Fields {
  const own = sent.flatMap((name) => linesOf(request, name.toLowerCase()).map((value) => [name, value] as const));
  return [...own, ...forwardedFields(request)];
}

/** What makes two requests the same. Null: this one is like no other. */
export function cacheKey(request: PolicyRequest, fields: Fields, { cache }: ForwardAuthOptions): string | null {
  if (cache.for === 0) return null;
  const { method, host } = request;
  if (cache.key === undefined) return JSON.stringify(fields);
  const shown = cache.key.map((place) =>
    place.kind === 'query'
      ? new URLSearchParams(request.query).getAll(place.name)
      : place.kind === 'cookie'
        ? linesOf(request, 'cookie').flatMap((line) => valuesOf(line, place.name))
        : linesOf(request, place.name),
  );
  if (shown.every((values) => values.length === 0)) return null;
  return JSON.stringify([method, host, request.path, shown]);
}

/** Path and query as they go on, before a prefix is stripped. */
function askedUri({ head }: PolicyRequest): string {
  const { bytes, pathStart, targetEnd } = head.forwardedTarget;
  return latin1(bytes, pathStart, targetEnd);
}

function forwardedFields(request: PolicyRequest): Fields {
  const { head, client } = request;
  const { claims } = client;
  const host = claims?.forwardedHost ?? latin1(head.bytes, head.hostStart, head.hostEnd);
  return [
    ['X-Forwarded-Method', request.method],
    ['X-Forwarded-Proto', schemeOf(request)],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Uri', askedUri(request)],
    ['X-Forwarded-For', claims?.forwardedFor ?? client.address],
  ];
}

function valuesOf(cookies: string, name: string): readonly string[] {
  return cookies
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
}
