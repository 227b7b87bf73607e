// What requests a route of a tenant is for, as data, and how people are told of it.

/** A path of the client, in its normal form: this one, all that are below it, or all with such segments. */
export type PathPattern =
  | { readonly kind: 'exact'; readonly text: string }
  /** Ends with a slash. The path without that slash is meant as well: many programs take it for the same. */
  | { readonly kind: 'prefix'; readonly text: string }
  /** A segment `{name}` stands for any segment that is not empty. */
  | { readonly kind: 'template'; readonly text: string };

/** A field or parameter of that name (fields: in lower case), with one of these values; null: with any. */
export type NamedValues = { readonly name: string; readonly values: readonly string[] | null };

/** One of the paths must match, and every condition that there is. */
export type RouteMatch = {
  readonly paths: readonly PathPattern[];
  /** None: all. */
  readonly methods: readonly string[];
  /** None: all. As in `domains` of a tenant. */
  readonly hosts: readonly string[];
  readonly headers: readonly NamedValues[];
  readonly query: readonly NamedValues[];
};

/** How many conditions it has besides its path: of two routes with the same path, the one with more comes first. */
export function conditionCount({ methods, hosts, headers, query }: RouteMatch): number {
  return (methods.length === 0 ? 0 : 1) + (hosts.length === 0 ? 0 : 1) + headers.length + query.length;
}

/** The segments of a pattern, less the empty one at the end of a prefix; null: a parameter. */
export function segmentsOf({ kind, text }: PathPattern): readonly (string | null)[] {
  const segments = (kind === 'prefix' ? text.slice(0, -1) : text).split('/').slice(1);
  return kind === 'template' ? segments.map((segment) => (isParameter(segment) ? null : segment)) : segments;
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{');
}

/** `path /api/ with GET or POST, field x-canary`. Values are not told: they may be secrets. */
export function describeMatch(match: RouteMatch, pattern: PathPattern): string {
  const { methods, hosts, headers, query } = match;
  const conditions = [
    ...(methods.length === 0 ? [] : [methods.join(' or ')]),
    ...(hosts.length === 0 ? [] : [`host ${hosts.join(' or ')}`]),
    ...headers.map(({ name }) => `field ${name}`),
    ...query.map(({ name }) => `parameter ${name}`),
  ];
  const path = pattern.kind === 'exact' ? `exactly ${pattern.text}` : `path ${pattern.text}`;
  return conditions.length === 0 ? path : `${path} with ${conditions.join(', ')}`;
}
