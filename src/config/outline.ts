// Reads, leniently, the parts of a configuration that the cross-checks compare. A value that is invalid by itself is left
// out here and reported elsewhere, so that one run finds everything that is wrong.
import type { z } from 'zod';
import { isSocketPath } from '../core/connector.ts';
import { duration, flag } from '../core/settings.ts';
import type { Millis } from '../core/units.ts';
import type { BackendUrl } from './backend-url.ts';
import { DEFAULT_MAX_TTL, DEFAULT_MIN_TTL, discover } from './dns.ts';
import { type AdminAddress, adminAddress } from './admin.ts';
import {
  adminBasePath,
  backendUrl,
  domain,
  exactPath,
  healthInterval,
  listenAddress,
  name,
  pathPrefix,
} from './fields.ts';
import type { ListenAddress } from './listen-address.ts';
import { type ProxyProtocol, proxyProtocol } from './listener.ts';
import type { Path } from './problems.ts';

/** A value and its place. */
export type Placed<T> = { readonly path: Path; readonly value: T };

export type TenantOutline = {
  readonly path: Path;
  readonly name: Placed<string> | null;
  readonly domains: readonly Placed<string>[];
  readonly prefixes: readonly Placed<string>[];
  readonly paths: readonly Placed<string>[];
  /** The listeners that it names; null: it is served on all. */
  readonly listeners: readonly Placed<string>[] | null;
  /** The tenant has `domains`, a `path_prefix` or a `path`, valid or not. */
  readonly hasMatch: boolean;
  /** Of its prefixes and paths one is invalid. */
  readonly hasBrokenPath: boolean;
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
  readonly luaRoutes: Path | null;
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

export type ListenerOutline = {
  readonly path: Path;
  readonly name: Placed<string> | null;
  readonly address: Placed<ListenAddress> | null;
  readonly speaksTls: boolean;
  readonly proxyProtocol: ProxyProtocol;
  readonly halfClose: boolean;
};

export type Outline = {
  readonly adminBasePath: string | null;
  /** Where the admin API is to listen; null: nobody says where. */
  readonly adminAddress: Placed<AdminAddress> | null;
  /** It has a value, valid or not. */
  readonly isAdminAddressGiven: boolean;
  readonly hasTokens: boolean;
  readonly trustsProxies: boolean;
  readonly allowsExecChecks: boolean;
  /** `broken`: it is invalid, which is reported elsewhere. */
  readonly tls: 'absent' | 'off' | 'on' | 'broken';
  readonly missingTlsFiles: readonly Path[];
  readonly listeners: readonly ListenerOutline[];
  readonly minTtl: Placed<Millis> | null;
  readonly maxTtl: Placed<Millis> | null;
  readonly luaRouting: Path | null;
  readonly tenants: readonly TenantOutline[];
};

export function outline(root: unknown): Outline {
  return {
    adminBasePath: read(adminBasePath, root, ['admin_base_path'])?.value ?? null,
    adminAddress: read(adminAddress, root, ['admin', 'address']),
    isAdminAddressGiven: given(step(root, 'admin'), 'address'),
    hasTokens: listOf(step(step(root, 'admin'), 'tokens')).length > 0,
    trustsProxies: listOf(step(root, 'trusted_proxies')).length > 0,
    allowsExecChecks: read(flag, root, ['allow_exec_checks'])?.value === true,
    tls: readTls(root),
    missingTlsFiles: missingTlsFiles(step(root, 'tls')),
    listeners: listOf(step(root, 'listeners')).map((listener, at) => outlineListener(listener, ['listeners', at])),
    minTtl: read(duration.prefault(DEFAULT_MIN_TTL), root, ['dns', 'min_ttl']),
    maxTtl: read(duration.prefault(DEFAULT_MAX_TTL), root, ['dns', 'max_ttl']),
    luaRouting: given(root, 'lua_routing') ? ['lua_routing'] : null,
    tenants: listOf(step(root, 'tenants')).map((tenant, at) => outlineTenant(tenant, ['tenants', at])),
  };
}

function outlineListener(listener: unknown, path: Path): ListenerOutline {
  return {
    path,
    name: read(name, listener, ['name'], path),
    address: read(listenAddress, listener, ['address'], path),
    speaksTls: read(flag, listener, ['tls'])?.value === true,
    proxyProtocol: read(proxyProtocol, listener, ['proxy_protocol'])?.value ?? 'off',
    halfClose: read(flag, listener, ['half_close'])?.value === true,
  };
}

function outlineTenant(tenant: unknown, path: Path): TenantOutline {
  const domains = listOf(step(tenant, 'domains'));
  const services = listOf(step(tenant, 'services'));
  const prefixes = listed(pathPrefix, tenant, 'path_prefix', path);
  const paths = listed(exactPath, tenant, 'path', path);
  const hasPaths = given(tenant, 'path_prefix') || given(tenant, 'path');
  const check = ['health_check'];
  return {
    path,
    name: read(name, tenant, ['name'], path),
    domains: domains.flatMap((_, at) => read(domain, tenant, ['domains', at], path) ?? []),
    prefixes: prefixes.valid,
    paths: paths.valid,
    listeners: namedListeners(tenant, path),
    hasMatch: !isMap(tenant) || domains.length > 0 || hasPaths || !isListOrAbsent(step(tenant, 'domains')),
    hasBrokenPath: prefixes.isBroken || paths.isBroken,
    services: services.flatMap((_, at) => read(name, tenant, ['services', at, 'name'], path) ?? []),
    hasServices: services.length > 0,
    unchecked: uncheckedServices(tenant, services, path),
    idleTls: services.flatMap((service, at) => {
      const url = read(backendUrl, service, ['url']);
      return given(service, 'tls') && url?.value.tls === false ? [[...path, 'services', at, 'tls']] : [];
    }),
    srvUrls: services.flatMap((service, at) => srvUrl(service, [...path, 'services', at]) ?? []),
    interval:
      read(duration, tenant, [...check, 'interval'], path) ?? read(healthInterval, tenant, ['health_interval'], path),
    timeout: read(duration, tenant, [...check, 'timeout'], path),
    downInterval: read(duration, tenant, [...check, 'down_interval'], path),
    check: outlineCheck(tenant, path),
    luaRoutes: given(tenant, 'lua_routes') ? [...path, 'lua_routes'] : null,
  };
}

type Listed = { readonly valid: readonly Placed<string>[]; readonly isBroken: boolean };

// A list, or one item in its place.
function listed(item: z.ZodType<string>, tenant: unknown, key: string, above: Path): Listed {
  if (!given(tenant, key)) return { valid: [], isBroken: false };
  const value = step(tenant, key);
  const at = [...above, key];
  const items = Array.isArray(value) ? value : [value];
  const valid = items.flatMap((_, n) => read(item, items, [n], at) ?? []);
  return { valid, isBroken: valid.length < items.length };
}

function namedListeners(tenant: unknown, path: Path): readonly Placed<string>[] | null {
  const { valid, isBroken } = listed(name, tenant, 'listeners', path);
  // Without those that are broken nobody knows where it is served.
  return isBroken || !given(tenant, 'listeners') ? null : valid;
}

function srvUrl(service: unknown, path: Path): Placed<BackendUrl> | null {
  const mode = read(discover, service, ['discover'], path);
  const url = read(backendUrl, service, ['url'], path);
  return mode?.value === 'srv' && url !== null ? { path: mode.path, value: url.value } : null;
}

// Of a kind that asks for a page, where the tenant names none for all.
function uncheckedServices(tenant: unknown, services: readonly unknown[], above: Path): readonly Path[] {
  const check = step(tenant, 'health_check');
  const asksForPage = (step(check, 'type') ?? 'http') === 'http' && !given(check, 'path');
  if (!asksForPage || !services.some((service) => given(service, 'health'))) return [];
  return services.flatMap((service, at) =>
    isMap(service) && step(service, 'health') === undefined ? [[...above, 'services', at]] : [],
  );
}

function outlineCheck(tenant: unknown, above: Path): CheckOutline {
  const check = step(tenant, 'health_check');
  const services = listOf(step(tenant, 'services'));
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

function readTls(root: unknown): Outline['tls'] {
  const tls = step(root, 'tls');
  if (tls === undefined) return 'absent';
  const isEnabled = isMap(tls) ? (read(flag.prefault(true), tls, ['enabled'])?.value ?? null) : null;
  if (isEnabled === null) return 'broken';
  return isEnabled ? 'on' : 'off';
}

function missingTlsFiles(tls: unknown): readonly Path[] {
  if (!isMap(tls) || read(flag.prefault(true), tls, ['enabled'])?.value !== true) return [];
  return ['cert_file', 'key_file'].filter((key) => !given(tls, key)).map((key) => ['tls', key]);
}

/** A value somewhere below `from`, if it is there and valid. `above`: where `from` is. */
function read<T extends z.ZodType>(schema: T, from: unknown, path: Path, above: Path = []): Placed<z.output<T>> | null {
  let value = from;
  for (const part of path) value = step(value, part);
  const parsed = schema.safeParse(value);
  return parsed.success ? { path: [...above, ...path], value: parsed.data } : null;
}

/** Whether a key has a value. An empty text counts as none, as in the original. */
function given(map: unknown, key: string): boolean {
  const value = step(map, key);
  return value !== undefined && value !== '';
}

function step(value: unknown, part: string | number): unknown {
  if (typeof part === 'number') return Array.isArray(value) ? value[part] : undefined;
  return isMap(value) ? value[part] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isListOrAbsent(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
