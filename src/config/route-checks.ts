// Routes of tenants: they lead somewhere, and each of them can win.
import { nearest } from '../core/near-miss.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import type { PathPattern, RouteMatch } from '../route/match.ts';
import { matchesPath, mayMatchBelow, relation, shapeOf } from '../route/overlap.ts';
import type { Finding, Places } from './finding.ts';
import type { Path } from './problems.ts';
import { expectedPool, poolNamesOf } from './policy-pools.ts';
import { matchOf } from './route-match.ts';
import { type RouteConfig, targetsOf } from './routes.ts';
import type { Config, TenantConfig } from './schema.ts';

/** Those of the same path are told apart by their conditions, one after the other, for each request. */
const MOST_OF_ONE_PATH = 64;

/** One path of a route. `path`: where it stands. */
type Placed = {
  readonly route: number;
  readonly match: RouteMatch;
  readonly pattern: PathPattern;
  readonly path: Path;
};

/** All that is wrong with routes beside each of them itself. */
export function checkRoutes(config: Config, places: Places): readonly Finding[] {
  return config.tenants.flatMap((tenant, at) => {
    if (tenant.routes.length === 0) return [];
    const above = ['tenants', at, 'routes'];
    return [
      ...checkNames(tenant.routes, above, places),
      ...tenant.routes.flatMap((route, number) => checkTarget(tenant, route, [...above, number])),
      ...checkPaths(config, tenant, patternsOf(tenant, above)),
      ...checkOrder(tenant, patternsOf(tenant, above), places),
    ];
  });
}

function patternsOf({ routes }: TenantConfig, above: Path): readonly Placed[] {
  return routes.flatMap((route, number) => {
    const match = matchOf(route.match);
    const places = placesOf(route, [...above, number]);
    return match.paths.map((pattern, at) => ({
      route: number,
      match,
      pattern,
      path: places[at] ?? [...above, number],
    }));
  });
}

// In the order in which `matchOf` has them.
function placesOf({ match }: RouteConfig, above: Path): readonly Path[] {
  const keys = ['path', 'path_prefix', 'path_template'] as const;
  return keys.flatMap((key) => (match[key] ?? []).map((_, at) => [...above, 'match', key, at]));
}

function checkNames(routes: readonly RouteConfig[], above: Path, places: Places): readonly Finding[] {
  const first = new Map<string, Path>();
  return routes.flatMap(({ name }, at): readonly Finding[] => {
    if (name === undefined) return [];
    const path = [...above, at, 'name'];
    const before = first.get(name);
    if (before === undefined) first.set(name, path);
    if (before === undefined) return [];
    return [{ path, message: `the name {value} is taken by the route in ${places.placeOf(before, path)}` }];
  });
}

function checkTarget(tenant: TenantConfig, route: RouteConfig, path: Path): readonly Finding[] {
  const targets = targetsOf(route);
  const [first, second] = targets;
  if (second !== undefined) {
    const message = `leads to several places: ${targets.join(', ')}`;
    return [{ path: [...path, second], isKey: true, message, expected: `one of them` }];
  }
  const { match, strip_prefix: strips } = route;
  const findings = first === undefined || first === 'pool' ? checkPool(tenant, route, path) : [];
  if (strips !== true || (match.path_prefix ?? []).length > 0) return findings;
  const message = 'there is no prefix to strip: the route has no path_prefix';
  return [
    ...findings,
    { path: [...path, 'strip_prefix'], isKey: true, message, expected: 'a "path_prefix" in "match"' },
  ];
}

function checkPool(tenant: TenantConfig, { pool = OWN_POOL }: RouteConfig, path: Path): readonly Finding[] {
  const names = poolNamesOf(tenant);
  if (names.includes(pool)) return [];
  const suggest = (text: string): string | null => nearest(text, names);
  const message =
    pool === OWN_POOL
      ? 'the tenant has no services of its own that the route could lead to'
      : 'no pool has the name {value}';
  return [{ path: [...path, 'pool'], message, expected: expectedPool(names), suggest }];
}

// Whether there is a request for each.
function checkPaths(config: Config, tenant: TenantConfig, all: readonly Placed[]): readonly Finding[] {
  const { admin_base_path: admin = null } = config;
  return all.flatMap(({ pattern, match, path }): readonly Finding[] => {
    const { text } = pattern;
    if (admin !== null && (text === admin || text.startsWith(`${admin}/`))) {
      const message = '{value} lies below admin_base_path, where the gateway answers for itself';
      return [{ path, message, expected: 'another path, or another admin_base_path' }];
    }
    if (!isReached(tenant, pattern)) {
      const message = '{value} lies outside of the paths of the tenant, so that no request has this route';
      return [{ path, message, expected: 'a whole path, with the path_prefix of the tenant' }];
    }
    return match.hosts.filter((host) => !isHostOf(tenant, host)).map((host) => foreignHost(path, match, host));
  });
}

function isReached({ path_prefix: prefixes, path: paths }: TenantConfig, pattern: PathPattern): boolean {
  if (prefixes.length === 0 && paths.length === 0) return true;
  return prefixes.some((prefix) => mayMatchBelow(pattern, prefix)) || paths.some((one) => matchesPath(pattern, one));
}

function isHostOf({ domains }: TenantConfig, host: string): boolean {
  return domains.length === 0 || domains.some((domain) => mayBeSame(domain, host) || mayBeSame(host, domain));
}

// `*.a.test` is for `x.a.test`, and `a.*` for `a.test`. Two with asterisks may have names in common.
function mayBeSame(one: string, other: string): boolean {
  if (one === other || (one.includes('*') && other.includes('*'))) return true;
  if (one.startsWith('*.')) return other.replace(/^[^.]+/, '') === one.slice(1);
  return one.endsWith('.*') && other.startsWith(one.slice(0, -1));
}

function foreignHost(path: Path, { hosts }: RouteMatch, host: string): Finding {
  const route = path.slice(0, 4);
  const at = hosts.indexOf(host);
  const message = '{value} is no host of the tenant, so that no request has it';
  return { path: [...route, 'match', 'hosts', at], message, expected: 'one of "domains"' };
}

function checkOrder(tenant: TenantConfig, all: readonly Placed[], places: Places): readonly Finding[] {
  const byShape = new Map<string, Placed[]>();
  const findings: Finding[] = [];
  for (const one of all) {
    const shape = shapeOf(one.pattern);
    const known = byShape.get(shape) ?? [];
    if (known.length === MOST_OF_ONE_PATH) findings.push(tooMany(one));
    if (known.length >= MOST_OF_ONE_PATH) continue;
    const rival = known.map((other) => rivalry(tenant, one, other, places)).find((finding) => finding !== null);
    if (rival !== undefined) findings.push(rival);
    byShape.set(shape, [...known, one]);
  }
  return findings;
}

function tooMany({ path }: Placed): Finding {
  return {
    path,
    message: `more than ${MOST_OF_ONE_PATH} routes have this path`,
    expected: 'fewer: they are tried one by one',
  };
}

function rivalry({ domains }: TenantConfig, one: Placed, other: Placed, places: Places): Finding | null {
  const place = places.placeOf(other.path, one.path);
  if (one.route === other.route) return { path: one.path, message: `{value} is named twice, first in ${place}` };
  const expected = 'another path, or a condition that tells them apart';
  if (relation(other.match, one.match, domains) === 'covers')
    return {
      path: one.path,
      message: `the route can never win: the one in ${place} has all of its requests`,
      expected,
    };
  switch (relation(one.match, other.match, domains)) {
    case 'tie':
      return {
        path: one.path,
        message: `the route is as specific as the one in ${place}: neither comes first`,
        expected,
      };
    case 'covers': {
      const own = places.placeOf(one.path, other.path);
      return {
        path: other.path,
        message: `the route can never win: the one in ${own} has all of its requests`,
        expected,
      };
    }
    case 'none':
      return null;
  }
}
