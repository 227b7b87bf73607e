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

const ANY_HOST = [null];

/** Every rule of a tenant. */
export function rulesOf({ domains, prefixes, paths }: Matches): readonly RouteRule[] {
  const rules: RouteRule[] = [];
  const isWholeHost = prefixes.length === 0 && paths.length === 0;
  for (const host of domains.length === 0 ? ANY_HOST : domains) {
    if (isWholeHost) rules.push({ host, prefix: null, path: null });
    for (const prefix of prefixes) rules.push({ host, prefix, path: null });
    for (const path of paths) rules.push({ host, prefix: null, path });
  }
  return rules;
}

/** `host a.test and path /api/`. */
export function describeRule({ host, prefix, path }: RouteRule): string {
  const where = path === null ? (prefix === null ? null : `path ${prefix}`) : `exactly ${path}`;
  if (host === null) return where ?? 'path /';
  return where === null ? `host ${host}` : `host ${host} and ${where}`;
}
