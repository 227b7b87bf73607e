// How the routes of a tenant stand to each other: whether a request may have two that are as specific as each other, and
// whether one always comes before another. Pure, for the checks of a configuration.
import { type NamedValues, type PathPattern, type RouteMatch, conditionCount, segmentsOf } from './match.ts';

/** One text for all patterns that match the same paths. */
export function shapeOf(pattern: PathPattern): string {
  const segments = segmentsOf(pattern).map((segment) => segment ?? '{}');
  return `${pattern.kind === 'prefix' ? 'below' : 'whole'} /${segments.join('/')}`;
}

/** How one route stands to another with a pattern of the same shape. `tie`: none of the two comes first, and a request may
 * have both; `covers`: it comes before the other one, whose requests it matches all. */
export function relation(one: RouteMatch, other: RouteMatch, domains: readonly string[]): 'tie' | 'covers' | 'none' {
  const [own, others] = [conditionCount(one), conditionCount(other)];
  if (own === others) return isDisjoint(one, other) ? 'none' : 'tie';
  return own > others && isImplied(one, other, domains) ? 'covers' : 'none';
}

// Certain only where both name the same thing with different values.
function isDisjoint(one: RouteMatch, other: RouteMatch): boolean {
  return (
    areApart(one.methods, other.methods) ||
    areHostsApart(one.hosts, other.hosts) ||
    haveNamesApart(one.headers, other.headers)
  );
}

function areApart(some: readonly string[], others: readonly string[]): boolean {
  return some.length > 0 && others.length > 0 && !some.some((text) => others.includes(text));
}

// `*.a.test` and `x.a.test` have names in common.
function areHostsApart(some: readonly string[], others: readonly string[]): boolean {
  const isPlain = ![...some, ...others].some((host) => host.includes('*'));
  return isPlain && areApart(some, others);
}

// Of a field that must be there with one of these values. It might be there twice, and yet nobody means that. A parameter of a
// query may well be.
function haveNamesApart(some: readonly NamedValues[], others: readonly NamedValues[]): boolean {
  return some.some(({ name, values }) => {
    const other = others.find((one) => one.name === name);
    return values !== null && other !== undefined && other.values !== null && areApart(values, other.values);
  });
}

// Every condition of `one` holds for whatever `other` matches.
function isImplied(one: RouteMatch, other: RouteMatch, domains: readonly string[]): boolean {
  const hosts = other.hosts.length > 0 ? other.hosts : domains;
  return (
    isWithin(other.methods, one.methods) &&
    (one.hosts.length === 0 || isWithin(hosts, one.hosts)) &&
    one.headers.every((wanted) => isNamedIn(other.headers, wanted)) &&
    one.query.every((wanted) => isNamedIn(other.query, wanted))
  );
}

// None: all.
function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return all.length === 0 || (some.length > 0 && some.every((text) => all.includes(text)));
}

function isNamedIn(list: readonly NamedValues[], { name, values }: NamedValues): boolean {
  const own = list.find((one) => one.name === name);
  if (own === undefined || values === null) return own !== undefined;
  return own.values !== null && own.values.every((value) => values.includes(value));
}

/** A path below that prefix may match. */
export function mayMatchBelow(pattern: PathPattern, prefix: string): boolean {
  const above = segmentsOf({ kind: 'prefix', text: prefix });
  const own = segmentsOf(pattern);
  if (pattern.kind !== 'prefix' && own.length <= above.length) return false;
  return above.every((segment, at) => at >= own.length || own[at] === null || own[at] === segment);
}

/** That path matches. */
export function matchesPath(pattern: PathPattern, path: string): boolean {
  const own = segmentsOf(pattern);
  const given = path.split('/').slice(1);
  if (pattern.kind === 'prefix' ? own.length > given.length : own.length !== given.length) return false;
  return own.every((segment, at) => (segment === null ? given[at] !== '' : segment === given[at]));
}
