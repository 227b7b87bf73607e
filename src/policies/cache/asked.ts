// A request as the cache sees it.
import { BODY_NONE, PATH_AMBIGUOUS } from '../../message/head.ts';
import { isText } from '../../message/field-value.ts';
import { latin1 } from '../../message/bytes.ts';
import type { PolicyRequest } from '../contract.ts';
import { type CountKey, valueOf } from '../key.ts';
import { schemeOf } from '../template.ts';
import type { Conditions } from './conditions.ts';
import type { Place } from './invalidation.ts';
import { type NamePattern, matchesName } from './name-pattern.ts';
import { type QueryKey, keptQuery } from './query.ts';
import type { FieldOf } from './vary.ts';

export type AskedRules = {
  readonly query: QueryKey;
  readonly extra: CountKey;
  readonly isShared: boolean;
  readonly bypassCookies: readonly NamePattern[];
};

export type Asked = {
  readonly request: PolicyRequest;
  readonly key: string;
  readonly place: Place;
  readonly isGet: boolean;
  readonly conditions: Conditions;
  /** As the backend gets it, so far as that is known. */
  readonly field: FieldOf;
  readonly isAuthorized: boolean;
  /** What the backend is to see of path and query; null: what it would see anyhow. */
  readonly target: string | null;
};

/** What keeps a request from the cache; null: nothing. */
export function reasonToPass(
  request: PolicyRequest,
  rules: AskedRules,
): 'body' | 'path' | 'cookie' | 'condition' | null {
  const { head } = request;
  if (head.framing !== BODY_NONE) return 'body';
  // Two programs may read it in two ways: what is kept by one of them would be given out by the other.
  if ((head.pathFlags & PATH_AMBIGUOUS) !== 0) return 'path';
  if (rules.bypassCookies.length > 0 && hasCookie(request.field('cookie'), rules.bypassCookies)) return 'cookie';
  // Only the origin can tell whether they hold.
  return request.field('if-match') === null && request.field('if-unmodified-since') === null ? null : 'condition';
}

function hasCookie(cookies: string | null, patterns: readonly NamePattern[]): boolean {
  if (cookies === null) return false;
  return cookies.split(/[;,]/).some((pair) => matchesName(patterns, pair.split('=')[0]?.trim() ?? ''));
}

/** The place that a request is about, whatever its method. */
export function placeOf(request: PolicyRequest, { query }: Pick<AskedRules, 'query'>): Place {
  return { host: request.host, path: request.path, query: keptQuery(request.query, query) };
}

/** What the cache has to know of a request that it takes part in. */
export function askedOf(request: PolicyRequest, rules: AskedRules): Asked {
  const field: FieldOf = (name) => sentField(request, name);
  const place = placeOf(request, rules);
  const kept = place.query === request.query ? null : shortened(request.target, rules.query);
  return {
    request,
    key: keyOf(request, place, kept ?? request.target, rules),
    place,
    isGet: !request.head.isHeadMethod,
    conditions: {
      ifNoneMatch: field('if-none-match'),
      ifModifiedSince: field('if-modified-since'),
      range: field('range'),
      ifRange: field('if-range'),
    },
    field,
    isAuthorized: field('authorization') !== null,
    target: kept,
  };
}

function shortened(target: string, query: QueryKey): string {
  const at = target.indexOf('?');
  return at < 0 ? target : target.slice(0, at) + keptQuery(target.slice(at), query);
}

// Everything that an answer may depend on and that does not stand in its Vary. No part but the last has line ends in it.
function keyOf(request: PolicyRequest, { path, query }: Place, target: string, rules: AskedRules): string {
  const { head, client, consumer, pool, sentHost } = request;
  const authority = latin1(head.bytes, head.hostStart, head.hostEnd).toLowerCase();
  const plain = `${schemeOf(request)}\n${authority}\n${path}${query}\n${pool}\n${target === path + query ? '' : target}\n${sentHost ?? ''}`;
  const { claims } = client;
  const isPlain = rules.extra.length === 0 && claims === null && (consumer === null || rules.isShared);
  if (isPlain) return plain;
  const told = claims === null ? null : [claims.forwardedHost, claims.forwardedPort, claims.forwardedPrefix];
  const extra = rules.extra.map((part) => valueOf(request, part));
  return `${plain}\n${JSON.stringify([consumer === null || rules.isShared ? null : consumer.id, told, extra])}`;
}

function sentField(request: PolicyRequest, name: string): string | null {
  const { requestEdits } = request;
  if (requestEdits.isEmpty) return request.field(name);
  const own = requestEdits.removesNamed(name) ? null : request.field(name);
  const values = own === null ? [] : [own];
  for (let at = 0; at < requestEdits.additions; at++) {
    const { loweredName, value } = requestEdits.addition(at);
    if (isText(loweredName, 0, loweredName.length, name)) values.push(latin1(value, 0, value.length));
  }
  return values.length === 0 ? null : values.join(', ');
}
