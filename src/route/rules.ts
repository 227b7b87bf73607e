// The rules by which requests lead to a tenant, and how people are told of them.
import type { RouteRule } from './router.ts';

/** What a tenant is found by. */
export type Matches = {
  /** None: any host. */
  readonly domains: readonly string[];
  /** Each ends with a slash. None, and no `paths`: every path. */
  readonly prefixes: readonly string[];
  /** Paths that match as a whole. */
  readonly paths: readonly string[];
};

/** Every rule of a tenant. */
export function rulesOf({ domains, prefixes, paths }: Matches): readonly RouteRule[] {
  const hosts = domains.length === 0 ? [null] : domains;
  const isWholeHost = prefixes.length === 0 && paths.length === 0;
  return hosts.flatMap((host) => [
    ...(isWholeHost ? [{ host, prefix: null, path: null }] : []),
    ...prefixes.map((prefix) => ({ host, prefix, path: null })),
    ...paths.map((path) => ({ host, prefix: null, path })),
  ]);
}

/** `host a.test and path /api/`. */
export function describeRule({ host, prefix, path }: RouteRule): string {
  const where = path === null ? (prefix === null ? null : `path ${prefix}`) : `exactly ${path}`;
  if (host === null) return where ?? 'path /';
  return where === null ? `host ${host}` : `host ${host} and ${where}`;
}
