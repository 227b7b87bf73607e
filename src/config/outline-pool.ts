// The parts of a pool that the cross-checks compare: of a tenant, which is one, and of its `pools`.
import { isSocketPath } from '../core/connector.ts';
import { duration } from '../core/settings.ts';
import type { Millis } from '../core/units.ts';
import type { BackendUrl } from './backend-url.ts';
import { discover } from './dns.ts';
import { backendUrl, healthInterval, name } from './fields.ts';
import { type Placed, given, isMap, listOf, read, step } from './lenient.ts';
import { INHERITED } from './pool.ts';
import type { Path } from './problems.ts';

export type PoolOutline = {
  readonly path: Path;
  readonly services: readonly Placed<string>[];
  readonly hasServices: boolean;
  /** Services that nothing is said of, where others are checked. */
  readonly unchecked: readonly Path[];
  /** Where services say something of TLS that their URLs do not speak. */
  readonly idleTls: readonly Path[];
  /** The URLs of services with `discover: srv`, each at the place of its `discover`. */
  readonly srvUrls: readonly Placed<BackendUrl>[];
  /** `health_check.interval`, or else `health_interval`. */
  readonly interval: Placed<Millis> | null;
  readonly timeout: Placed<Millis> | null;
  readonly downInterval: Placed<Millis> | null;
  readonly check: CheckOutline;
};

/** The check of a tenant. */
export type CheckOutline = {
  readonly path: Path;
  readonly type: string;
  readonly method: string;
  /** The keys that have a value. */
  readonly given: ReadonlySet<string>;
  /** A service is a Unix socket. */
  readonly hasSockets: boolean;
  /** Where services have a `health` of their own. */
  readonly paths: readonly Path[];
};

/** The pools of a tenant besides its own. */
export function outlinePools(tenant: unknown, path: Path): readonly PoolOutline[] {
  const pools = step(tenant, 'pools');
  if (!isMap(pools)) return [];
  const common = isMap(tenant) ? INHERITED.flatMap((key) => (key in tenant ? [[key, tenant[key]] as const] : [])) : [];
  return Object.entries(pools).map(([pool, own]) =>
    outlinePool(isMap(own) ? { ...Object.fromEntries(common), ...own } : own, [...path, 'pools', pool]),
  );
}

/** A pool, from what applies to it. */
export function outlinePool(values: unknown, path: Path): PoolOutline {
  const services = listOf(step(values, 'services'));
  const check = ['health_check'];
  return {
    path,
    services: services.flatMap((_, at) => read(name, values, ['services', at, 'name'], path) ?? []),
    hasServices: services.length > 0,
    unchecked: uncheckedServices(values, services, path),
    idleTls: services.flatMap((service, at) => {
      const url = read(backendUrl, service, ['url']);
      return given(service, 'tls') && url?.value.tls === false ? [[...path, 'services', at, 'tls']] : [];
    }),
    srvUrls: services.flatMap((service, at) => srvUrl(service, [...path, 'services', at]) ?? []),
    interval:
      read(duration, values, [...check, 'interval'], path) ?? read(healthInterval, values, ['health_interval'], path),
    timeout: read(duration, values, [...check, 'timeout'], path),
    downInterval: read(duration, values, [...check, 'down_interval'], path),
    check: outlineCheck(values, path),
  };
}

function srvUrl(service: unknown, path: Path): Placed<BackendUrl> | null {
  const mode = read(discover, service, ['discover'], path);
  const url = read(backendUrl, service, ['url'], path);
  return mode?.value === 'srv' && url !== null ? { path: mode.path, value: url.value } : null;
}

// Of a kind that asks for a page, where the tenant names none for all.
function uncheckedServices(values: unknown, services: readonly unknown[], above: Path): readonly Path[] {
  const check = step(values, 'health_check');
  const asksForPage = (step(check, 'type') ?? 'http') === 'http' && !given(check, 'path');
  if (!asksForPage || !services.some((service) => given(service, 'health'))) return [];
  return services.flatMap((service, at) =>
    isMap(service) && step(service, 'health') === undefined ? [[...above, 'services', at]] : [],
  );
}

function outlineCheck(values: unknown, above: Path): CheckOutline {
  const check = step(values, 'health_check');
  const services = listOf(step(values, 'services'));
  const word = (key: string, fallback: string): string => {
    const value = step(check, key);
    return typeof value === 'string' ? value : fallback;
  };
  return {
    path: [...above, 'health_check'],
    type: word('type', 'http'),
    method: word('method', 'GET'),
    given: new Set(isMap(check) ? Object.keys(check).filter((key) => given(check, key)) : []),
    hasSockets: services.some((service) => isSocketPath(read(backendUrl, service, ['url'])?.value.hostname ?? '')),
    paths: services.flatMap((service, at) => (given(service, 'health') ? [[...above, 'services', at, 'health']] : [])),
  };
}
