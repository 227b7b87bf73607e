// Checks that need more than one value: names and routes that are used twice, settings that contradict each other.
import { isSocketPath } from '../core/connector.ts';
import { nearest } from '../core/near-miss.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import { type Millis, formatDuration, millis } from '../core/units.ts';
import type { BackendUrl } from './backend-url.ts';
import { isAddress } from './host-name.ts';
import { crossCheckHealth } from './health-cross-checks.ts';
import { type Finding, KEPT, type Places } from './finding.ts';
import { crossCheckListeners } from './listener-cross-checks.ts';
import type { Placed } from './lenient.ts';
import type { Outline, TenantOutline } from './outline.ts';
import type { PoolOutline } from './outline-pool.ts';
import type { Path } from './problems.ts';
import type { LastGoodTenant } from './last-good.ts';

/** Routes that are taken: those of a tenant, or of a last good version of one. */
type Routed = Pick<TenantOutline, 'domains' | 'prefixes' | 'paths' | 'listeners' | 'hasBrokenPath'>;

/** `kept`: tenants that are served besides those of the outline. */
export function crossCheck(outline: Outline, places: Places, kept: readonly Routed[] = []): readonly Finding[] {
  const { tenants } = outline;
  return [
    ...outline.missingTlsFiles.map((path) => ({ path, message: 'is missing', expected: 'a file, since TLS is on' })),
    ...crossCheckListeners(outline, places),
    ...checkTtls(outline, places),
    ...taken(
      tenants.flatMap((tenant) => tenant.name ?? []),
      'the name {value} is taken by the tenant',
      places,
    ),
    ...tenants.flatMap((tenant) => checkTenant(tenant, outline, places)),
    ...checkRoutes([...kept, ...tenants], places),
  ];
}

function checkTenant(tenant: TenantOutline, outline: Outline, places: Places): readonly Finding[] {
  const findings: Finding[] = [
    ...[tenant, ...tenant.pools].flatMap((pool) => checkPool(pool, outline, places)),
    ...tenant.pools.filter(({ path }) => path.at(-1) === OWN_POOL).map(nameOfOwn),
    ...taken(tenant.domains, 'the host {value} is named twice, first', places),
    ...taken(tenant.prefixes, 'the prefix {value} is named twice, first', places),
    ...taken(tenant.paths, 'the path {value} is named twice, first', places),
    ...checkListenersOf(tenant, outline),
    ...checkBelowAdmin(tenant, outline),
  ];
  if (!tenant.hasMatch) {
    const lacks = ['domains', 'path_prefix', 'path'].map((key) => [...tenant.path, key]);
    findings.push({ path: tenant.path, message: 'must specify domains, path_prefix or path', lacks });
  }
  return findings;
}

function checkPool(pool: PoolOutline, { allowsExecChecks }: Outline, places: Places): readonly Finding[] {
  return [
    ...taken(pool.services, 'the name {value} is taken by the service', places),
    ...checkTimeout(pool, places),
    ...pool.srvUrls.flatMap(checkSrv),
    ...pool.idleTls.map((path) => ({
      path,
      isKey: true,
      message: 'stands beside a URL without TLS',
      expected: 'a URL that begins with https://',
    })),
    ...crossCheckHealth(pool.check, allowsExecChecks),
  ];
}

function nameOfOwn({ path }: PoolOutline): Finding {
  const message = `the name ${OWN_POOL} is that of the services which stand in the tenant itself`;
  return { path, isKey: true, message, expected: 'another name, or "services" beside "pools"' };
}

function checkBelowAdmin({ prefixes, paths }: TenantOutline, { adminBasePath }: Outline): readonly Finding[] {
  if (adminBasePath === null) return [];
  const message = '{value} lies below admin_base_path, where the gateway answers for itself';
  const expected = 'another path, or another admin_base_path';
  return [...prefixes, ...paths]
    .filter(({ value }) => value === adminBasePath || value.startsWith(`${adminBasePath}/`))
    .map(({ path }) => ({ path, message, expected }));
}

function checkListenersOf({ path, listeners }: TenantOutline, outline: Outline): readonly Finding[] {
  if (listeners === null) return [];
  const known = [...new Set(outline.listeners.flatMap(({ name }) => name?.value ?? []))];
  const expected =
    known.length === 0 ? 'a listener with this name in "listeners" at the top level' : `one of ${known.join(', ')}`;
  const suggest = (text: string): string | null => nearest(text, known);
  const unknown = listeners.filter(({ value }) => !known.includes(value));
  const findings: Finding[] = unknown.map((one) => ({
    path: one.path,
    message: 'no listener has the name {value}',
    expected,
    suggest,
  }));
  if (listeners.length > 0) return findings;
  const message = 'names no listener: the tenant would be served nowhere';
  return [{ path: [...path, 'listeners'], message, expected: 'a name, or nothing for all listeners' }];
}

function checkTimeout({ timeout, interval, downInterval }: PoolOutline, places: Places): readonly Finding[] {
  if (timeout === null) return [];
  const limit = interval?.value ?? millis(5000);
  if (timeout.value > limit) {
    const shown = (interval === null ? null : places.shown(interval.path)) ?? formatDuration(limit);
    return [overlap(timeout, `interval ${shown}`, 'a timeout up to the interval')];
  }
  if (downInterval === null || timeout.value <= downInterval.value) return [];
  const shown = places.shown(downInterval.path) ?? formatDuration(downInterval.value);
  return [overlap(timeout, `down_interval ${shown}`, 'a timeout up to the down_interval')];
}

function overlap(timeout: Placed<Millis>, than: string, expected: string): Finding {
  const message = `the timeout {value} is longer than the ${than}: probes of a backend would overlap`;
  return { path: timeout.path, message, expected };
}

function checkTtls({ minTtl, maxTtl }: Outline, places: Places): readonly Finding[] {
  if (minTtl === null || maxTtl === null || minTtl.value <= maxTtl.value) return [];
  const isMaxGiven = places.shown(maxTtl.path) !== null;
  const [wrong, other, word] = isMaxGiven ? [maxTtl, minTtl, 'below min_ttl'] : [minTtl, maxTtl, 'above max_ttl'];
  const message = `{value} is ${word}, which is ${places.shown(other.path) ?? formatDuration(other.value)}`;
  return [{ path: wrong.path, message, expected: 'min_ttl up to max_ttl' }];
}

function checkSrv({ path, value: url }: Placed<BackendUrl>): readonly Finding[] {
  const expected = 'a name with SRV records, such as http://_http._tcp.app.internal';
  if (isSocketPath(url.hostname)) return [{ path, message: 'the URL is a Unix socket, not a name', expected }];
  if (isAddress(url.hostname)) return [{ path, message: 'the host of the URL is an address, not a name', expected }];
  // The default port of the scheme is not in `authority`, so that it cannot be told from no port.
  if (!url.authority.includes(':')) return [];
  return [{ path, message: 'the URL has a port, which only SRV records may name here', expected }];
}

/** The routes of a last good version that is kept. Their place is no file; see `Source.placeOf`. */
export function routesOfKept({ name, domains, prefixes, paths, listeners }: LastGoodTenant): Routed {
  const place = (value: string): Placed<string> => ({ path: [KEPT, name], value });
  return {
    domains: domains.map(place),
    prefixes: prefixes.map(place),
    paths: paths.map(place),
    listeners: listeners?.map(place) ?? null,
    hasBrokenPath: false,
  };
}

/** A finding for every value that stands at an earlier place already. */
function taken(values: readonly Placed<string>[], message: string, places: Places): readonly Finding[] {
  const first = new Map<string, Path>();
  return values.flatMap(({ path, value }) => {
    const before = first.get(value);
    if (before === undefined) first.set(value, path);
    if (before === undefined) return [];
    const rival = { path: before, message: `${message} in ${places.placeOf(path, before)}` };
    return [{ path, message: `${message} in ${places.placeOf(before, path)}`, rival }];
  });
}

type Owned = { readonly tenant: Routed; readonly path: Path; readonly what: string };
type RoutePlace = { readonly key: string; readonly path: Path; readonly what: string };

// Finds routes of two tenants that are served on the same listener. `checkTenant` reports what one tenant names twice.
function checkRoutes(tenants: readonly Routed[], places: Places): readonly Finding[] {
  const known = new Map<string, Owned[]>();
  const findings: Finding[] = [];
  for (const tenant of tenants) {
    if (tenant.hasBrokenPath) continue;
    for (const { key, path, what } of routesOf(tenant, places)) {
      const owners = known.get(key) ?? [];
      const before = owners.find((other) => haveListenerInCommon(other.tenant, tenant));
      if (before === undefined) known.set(key, [...owners, { tenant, path, what }]);
      else if (before.tenant !== tenant) {
        const taking = 'belongs to another tenant already';
        const message = `${what} ${taking} (${places.placeOf(before.path, path)})`;
        const rival = { path: before.path, message: `${before.what} ${taking} (${places.placeOf(path, before.path)})` };
        findings.push({ path, message, rival });
      }
    }
  }
  return findings;
}

function haveListenerInCommon({ listeners: some }: Routed, { listeners: others }: Routed): boolean {
  if (some === null || others === null) return true;
  return some.some(({ value }) => others.some((other) => other.value === value));
}

function* routesOf({ domains, prefixes, paths }: Routed, places: Places): Generator<RoutePlace> {
  const kinds = [
    ...prefixes.map((prefix) => ({ ...prefix, kind: 'prefix' })),
    ...paths.map((path) => ({ ...path, kind: 'path' })),
  ];
  if (domains.length === 0) {
    for (const { kind, value, path } of kinds) yield { key: ` ${kind}${value}`, path, what: `the ${kind} {value}` };
  }
  for (const host of domains) {
    // A host alone has every path, as the prefix "/" has.
    if (kinds.length === 0) yield { key: `${host.value} prefix/`, path: host.path, what: 'the host {value}' };
    for (const { kind, value, path } of kinds) {
      const shown = places.shown(path) ?? `its ${kind}`;
      const what = `the host {value} with the ${kind} ${shown}`;
      yield { key: `${host.value} ${kind}${value}`, path: host.path, what };
    }
  }
}
