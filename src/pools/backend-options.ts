// What a service of the configuration, and a place that its name leads to, make of a backend.
import { type BackendUrl } from '../config/backend-url.ts';
import { resolveCheck } from '../config/resolve.ts';
import type { ServiceConfig, TenantConfig } from '../config/schema.ts';
import type { Endpoint } from '../discovery/contract.ts';
import { formatEndpoint } from '../discovery/endpoints.ts';
import type { OutlierSettings } from '../standing/outlier.ts';
import type { BackendCheck, BackendOptions } from './backend.ts';

// SRV priorities have 16 bits; whatever they are, backups stand behind them.
const BACKUP_TIER = 0x1_0000;

/** The options of a service's only backend. */
export function serviceOptions(tenant: TenantConfig, service: ServiceConfig): BackendOptions {
  return optionsOf(tenant, service, { name: service.name, url: service.url, weight: service.weight, tier: 0 });
}

/** The options of one of the backends that a service's name leads to. */
export function endpointOptions(tenant: TenantConfig, service: ServiceConfig, endpoint: Endpoint): BackendOptions {
  const isSrv = service.discover === 'srv';
  return optionsOf(tenant, service, {
    name: `${service.name}@${formatEndpoint(endpoint)}`,
    url: urlOf(service.url, endpoint, isSrv),
    weight: isSrv ? endpoint.weight : service.weight,
    tier: endpoint.priority,
  });
}

// For addresses, Host and TLS name stay the URL's; an SRV name is no host, its targets are.
function urlOf(url: BackendUrl, endpoint: Endpoint, isSrv: boolean): BackendUrl {
  const { hostname, port, target } = endpoint;
  const safe = `${url.tls ? 'https' : 'http'}://${formatEndpoint(endpoint)}${url.base_path}`;
  const place = { ...url, hostname, port, safe };
  if (!isSrv) return place;
  const isUsual = port === (url.tls ? 443 : 80);
  return { ...place, serverName: target, authority: isUsual ? target : `${target}:${port}` };
}

type Place = Pick<BackendOptions, 'name' | 'url' | 'weight' | 'tier'>;

function optionsOf(tenant: TenantConfig, service: ServiceConfig, place: Place): BackendOptions {
  const check = backendCheck(tenant, service, place);
  return {
    ...place,
    tier: place.tier + (service.backup ? BACKUP_TIER : 0),
    maxRequests: service.max_requests ?? tenant.pool.max_connections,
    check,
    identity: identityOf(place),
    passHost: tenant.pass_host_header,
    outlier: outlierSettings(tenant),
  };
}

// A connection may be kept only where it was opened to the same address, under the same name.
function identityOf({ name, url }: Place): string {
  return JSON.stringify([name, url.safe, url.serverName]);
}

function outlierSettings(tenant: TenantConfig): OutlierSettings | null {
  const { enabled, on, ...settings } = tenant.outlier_ejection;
  return enabled ? { ...settings, on: new Set(on) } : null;
}

function backendCheck(tenant: TenantConfig, service: ServiceConfig, { name, url }: Place): BackendCheck | null {
  const resolved = resolveCheck(tenant, service);
  if (resolved === null) return null;
  const { kind, options, schedule } = resolved;
  const { hostname, port, tls, serverName, authority, authorization } = url;
  const place = { hostname, port, tls, serverName, authority, authorization };
  const target = { tenant: tenant.name, name, ...place };
  return {
    kind: kind.type,
    schedule,
    key: JSON.stringify([kind.type, options, kind.asksByName ? target : place, schedule.timeout]),
    probe: (tools) => kind.probe(options, target, tools),
  };
}
