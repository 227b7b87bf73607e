// The backends of a plan: those that services name, and those that a watched name leads to. Pure.
import { type BackendUrl } from '../config/backend-url.ts';
import { USUAL_TRUST } from '../core/connector.ts';
import type { Endpoint } from '../discovery/contract.ts';
import { formatEndpoint } from '../discovery/endpoints.ts';
import type { ProbeTarget } from '../probing/contract.ts';
import { checks } from '../probing/registry.ts';
import { fingerprintOf, isSameData } from './fingerprint.ts';
import type { BackendPlan, CheckPlan, ServicePlan } from './pool-plan.ts';

// SRV priorities have 16 bits; whatever they are, backups stand behind them.
const BACKUP_TIER = 0x1_0000;

/** A check, wherever it goes. */
export type CheckDefinition = Omit<CheckPlan, 'key'>;

export type ServiceSettings = Omit<BackendPlan, 'identity' | 'tier' | 'check'> & {
  readonly isBackup: boolean;
  readonly check: CheckDefinition | null;
};

/** The backend of a service; where its name is watched, what its backends have in common. */
export function serviceBackend({ isBackup, check, ...settings }: ServiceSettings): BackendPlan {
  const tier = isBackup ? BACKUP_TIER : 0;
  return placed({ ...settings, tier, check: check === null ? null : { ...check, key: '' } });
}

/** One of the backends that a service's name leads to. */
export function endpointBackend({ backend, discovery }: ServicePlan, endpoint: Endpoint): BackendPlan {
  const isSrv = discovery?.kind === 'srv';
  return placed({
    ...backend,
    name: `${backend.name}@${formatEndpoint(endpoint)}`,
    url: urlOf(backend.url, endpoint, isSrv),
    host: null,
    weight: isSrv ? endpoint.weight : backend.weight,
    tier: backend.tier + endpoint.priority,
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

// What depends on where a backend is.
function placed(backend: Omit<BackendPlan, 'identity'>): BackendPlan {
  const { name, url, trust, transport } = backend;
  const check =
    backend.check === null ? null : { ...backend.check, key: checkKey(backend.check, probeTarget(backend)) };
  // A connection may be kept only where it was opened to the same address, under the same name, in the same protocol.
  const proof = isSameData(trust, USUAL_TRUST) ? '' : ` ${fingerprintOf(trust)}`;
  const spoken = transport === 'h1' ? '' : ` ${transport}`;
  return { ...backend, check, identity: `${name} ${url.safe} ${url.serverName}${proof}${spoken}` };
}

/** The backend as its probes see it. */
export function probeTarget({
  tenant,
  name,
  url,
  trust,
  transport,
}: Pick<BackendPlan, 'tenant' | 'name' | 'url' | 'trust' | 'transport'>): ProbeTarget {
  const { hostname, port, tls, serverName, authority, authorization } = url;
  const spoken = transport === 'h2' ? { isHttp2: true as const } : {};
  return { tenant, name, hostname, port, tls, serverName, trust, authority, authorization, ...spoken };
}

// Equal checks of one address run once for all tenants, unless they are told whose backend they ask about.
function checkKey({ type, options, schedule }: CheckDefinition, target: ProbeTarget): string {
  const { tenant: _, name: __, ...place } = target;
  const asksByName = checks.find((kind) => kind.type === type)?.asksByName === true;
  return fingerprintOf([type, options, asksByName ? target : place, schedule.timeout]);
}
