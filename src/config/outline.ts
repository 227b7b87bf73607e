// Reads, leniently, the parts of a configuration that the cross-checks compare. A value that is invalid by itself is left
// out here and reported elsewhere, so that one run finds everything that is wrong.
import { duration, flag } from '../core/settings.ts';
import type { Millis } from '../core/units.ts';
import { type AdminAddress, adminAddress } from './admin.ts';
import { DEFAULT_MAX_TTL, DEFAULT_MIN_TTL } from './dns.ts';
import { adminBasePath, domain, exactPath, listenAddress, name, pathPrefix } from './fields.ts';
import { type Placed, given, isListOrAbsent, isMap, listOf, listed, read, step } from './lenient.ts';
import type { ListenAddress } from './listen-address.ts';
import { type ProxyProtocol, proxyProtocol, redirectToHttps } from './listener.ts';
import { type PoolOutline, outlinePool, outlinePools } from './outline-pool.ts';
import type { Path } from './problems.ts';

export type TenantOutline = PoolOutline & {
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
  /** Those of `pools`. */
  readonly pools: readonly PoolOutline[];
  readonly hasRoutes: boolean;
  readonly luaRoutes: Path | null;
};

export type ListenerOutline = {
  readonly path: Path;
  readonly name: Placed<string> | null;
  readonly address: Placed<ListenAddress> | null;
  readonly speaksTls: boolean;
  readonly proxyProtocol: ProxyProtocol;
  readonly halfClose: boolean;
  readonly takesPlainH2: boolean;
  readonly redirectsToHttps: boolean;
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
  /** Certificates stand elsewhere than in `tls`. */
  readonly hasCertificates: boolean;
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
    missingTlsFiles: missingTlsFiles(root),
    hasCertificates: hasCertificates(root),
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
    takesPlainH2: read(flag, listener, ['h2c'])?.value === true,
    redirectsToHttps: (read(redirectToHttps, listener, ['redirect_to_https'])?.value ?? null) !== null,
  };
}

function outlineTenant(tenant: unknown, path: Path): TenantOutline {
  const domains = listOf(step(tenant, 'domains'));
  const prefixes = listed(pathPrefix, tenant, 'path_prefix', path);
  const paths = listed(exactPath, tenant, 'path', path);
  const hasPaths = given(tenant, 'path_prefix') || given(tenant, 'path');
  return {
    ...outlinePool(tenant, path),
    name: read(name, tenant, ['name'], path),
    domains: domains.flatMap((_, at) => read(domain, tenant, ['domains', at], path) ?? []),
    prefixes: prefixes.valid,
    paths: paths.valid,
    listeners: namedListeners(tenant, path),
    hasMatch: !isMap(tenant) || domains.length > 0 || hasPaths || !isListOrAbsent(step(tenant, 'domains')),
    hasBrokenPath: prefixes.isBroken || paths.isBroken,
    pools: outlinePools(tenant, path),
    hasRoutes: listOf(step(tenant, 'routes')).length > 0,
    luaRoutes: given(tenant, 'lua_routes') ? [...path, 'lua_routes'] : null,
  };
}

function namedListeners(tenant: unknown, path: Path): readonly Placed<string>[] | null {
  const { valid, isBroken } = listed(name, tenant, 'listeners', path);
  // Without those that are broken nobody knows where it is served.
  return isBroken || !given(tenant, 'listeners') ? null : valid;
}

function readTls(root: unknown): Outline['tls'] {
  const tls = step(root, 'tls');
  if (tls === undefined) return 'absent';
  const isEnabled = isMap(tls) ? (read(flag.prefault(true), tls, ['enabled'])?.value ?? null) : null;
  if (isEnabled === null) return 'broken';
  return isEnabled ? 'on' : 'off';
}

// Without a certificate anywhere both are, otherwise one that stands without the other.
function missingTlsFiles(root: unknown): readonly Path[] {
  const tls = step(root, 'tls');
  if (!isMap(tls) || read(flag.prefault(true), tls, ['enabled'])?.value !== true) return [];
  const missing = ['cert_file', 'key_file'].filter((key) => !given(tls, key));
  return missing.length === 2 && hasCertificates(root) ? [] : missing.map((key) => ['tls', key]);
}

function hasCertificates(root: unknown): boolean {
  if (given(root, 'acme') || listOf(step(root, 'certificates')).length > 0) return true;
  return listOf(step(root, 'tenants')).some((tenant) => given(step(tenant, 'tls'), 'cert_file'));
}
