// Puts short forms, a tenant's settings and the defaults together: what then applies to a tenant or service.
import type { z } from 'zod';
import { isName } from '../core/connector.ts';
import { millis } from '../core/units.ts';
import type { DiscoverySpec, HostSpec } from '../discovery/contract.ts';
import type { CompressionOptions } from '../policies/compression/options.ts';
import type { CheckKind, Schedule } from '../probing/contract.ts';
import { checks } from '../probing/registry.ts';
import type { Config, ListenerConfig, ServiceConfig, TenantConfig } from './schema.ts';

/** The options of any check. */
export type CheckOptions = z.output<(typeof checks)[number]['options']>;

/** A check with all that a probe needs. */
export type ResolvedCheck = {
  readonly kind: CheckKind<CheckOptions>;
  readonly options: CheckOptions;
  readonly schedule: Schedule;
};

const DEFAULT_INTERVAL = millis(5000);
const DEFAULT_TIMEOUT = millis(2000);

/** How a service is checked; null: not at all, it is always eligible. */
export function resolveCheck(tenant: TenantConfig, service: ServiceConfig): ResolvedCheck | null {
  if (service.health === null) return null;
  const { type, interval, timeout, fast_interval, down_interval, rise, fall, ...options } = tenant.health_check;
  const kind = checks.find((candidate) => candidate.type === type) ?? checks[0];
  const schedule = resolveSchedule(tenant);
  if (!('path' in kind.options.shape)) return { kind, options, schedule };
  // Without a path there is no page that a probe could ask for.
  const path = service.health ?? ('path' in options ? options.path : undefined);
  return path === undefined ? null : { kind, options: { ...options, path }, schedule };
}

/** When the services of a tenant are checked. */
function resolveSchedule(tenant: TenantConfig): Schedule {
  const { interval: wanted, timeout, fast_interval, down_interval = null, rise, fall } = tenant.health_check;
  const interval = wanted ?? tenant.health_interval ?? DEFAULT_INTERVAL;
  return {
    interval,
    timeout: timeout ?? shorter(DEFAULT_TIMEOUT, interval),
    fast_interval: shorter(fast_interval, interval),
    down_interval,
    rise,
    fall,
  };
}

function shorter<T extends number>(a: T, b: T): T {
  return a < b ? a : b;
}

/** What to watch for a service; null: nothing, its URL is its one backend. */
export function resolveDiscovery(config: Config, service: ServiceConfig): DiscoverySpec | null {
  const { hostname: name, port } = service.url;
  const { family, min_ttl: minTtl, max_ttl: maxTtl } = config.dns;
  if (service.discover === 'none' || !isName(name)) return null;
  const common = { name, family, minTtl, maxTtl };
  return service.discover === 'srv' ? { kind: 'srv', ...common } : { kind: 'addresses', port, ...common };
}

/** The host that connections go to, as a name to be resolved; null: it is an address. */
export function resolveHost(config: Config, name: string): HostSpec | null {
  if (!isName(name)) return null;
  const { family, min_ttl: minTtl, max_ttl: maxTtl } = config.dns;
  return { kind: 'host', name: name.toLowerCase(), family, minTtl, maxTtl };
}

/** What applies to the clients of a listener; null: of an address from the command line. */
export function resolveListener(config: Config, listener: ListenerConfig | null): Pick<Config, 'limits' | 'timeouts'> {
  return {
    limits: { ...config.limits, ...listener?.limits },
    timeouts: { ...config.timeouts, ...listener?.timeouts },
  };
}

/** How responses of a tenant are compressed; null: not at all. */
export function resolveCompression(
  all: Config['compression'],
  own: TenantConfig['compression'],
): CompressionOptions | null {
  const { enabled, ...options } = { ...all, ...own };
  return enabled ? options : null;
}
