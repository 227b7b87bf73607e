// A configuration becomes a plan: every default put in, every short form resolved. Pure.
import { digestOf } from '../config/digest.ts';
import { type ConfigOrigin, type LastGoodTenant, WHOLE } from '../config/last-good.ts';
import type { TolerantConfig } from '../config/load.ts';
import { bytes } from '../core/units.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { resolveAccessLog } from '../config/access-log.ts';
import { resolveListener } from '../config/resolve.ts';
import { resolveTracing } from '../config/tracing.ts';
import type { Config, ListenerConfig, TenantConfig } from '../config/schema.ts';
import { compileAcme } from './compile-acme.ts';
import { compileTls } from './compile-tls.ts';
import { compileTenant } from './compile-tenant.ts';
import { gatewayFacts } from './gateway-facts.ts';
import type { AdminPlan, GatewayPlan, Plan } from './plan.ts';
import type { ClientRules, ListenerPlan } from './listener-plan.ts';
import type { TenantPlan } from './tenant-plan.ts';

/** Compiles a configuration that has been accepted. */
export function compile(config: Config): Plan {
  return { gateway: compileGateway(config), tenants: config.tenants.map((tenant) => compileTenant(config, tenant)) };
}

/** Compiles a configuration of which some tenants may be in quarantine. `lastGood`: their last good versions, by their
 * fingerprints. */
export function compileTolerant({ config, origin }: TolerantConfig, lastGood: ReadonlyMap<string, TenantPlan>): Plan {
  const tenants: TenantPlan[] = [];
  for (const tenant of inOrder(config, origin)) {
    const plan = 'fingerprint' in tenant ? lastGood.get(tenant.fingerprint) : compileTenant(config, tenant);
    if (plan === undefined) throw new Error('a tenant is kept that there is no plan of');
    tenants.push(plan);
  }
  return { gateway: compileGateway(config, origin), tenants };
}

/** The tenants of a configuration, and between them those that are kept. */
export function* inOrder(config: Config, { kept }: ConfigOrigin): Generator<TenantConfig | LastGoodTenant> {
  let next = 0;
  for (const [at, tenant] of config.tenants.entries()) {
    for (; kept[next]?.before === at; next++) yield kept[next].tenant;
    yield tenant;
  }
  for (const { tenant } of kept.slice(next)) yield tenant;
}

/** All of it but the tenants. */
export function compileGateway(config: Config, { quarantined, files }: ConfigOrigin = WHOLE): GatewayPlan {
  const { servers, timeout } = config.dns;
  return {
    number: 1,
    admin: compileAdmin(config),
    listeners: compileListeners(config),
    typed: clientRules(config, null),
    publicDetails: config.public_details,
    trustedProxies: config.trusted_proxies,
    shutdown: {
      delay: config.timeouts.shutdown_delay,
      timeout: config.timeouts.shutdown,
      tunnelTimeout: config.timeouts.tunnel_shutdown ?? config.timeouts.shutdown,
    },
    upgradeTimeout: config.timeouts.upgrade,
    removedTimeout: config.timeouts.removed,
    log: config.log,
    accessLog: resolveAccessLog(config.access_log),
    tls: compileTls(config),
    acme: compileAcme(config),
    responseHeadLimits: headLimits(config.limits),
    idleConnections: config.limits.idle_connections,
    memory: config.limits.memory,
    overload: config.overload,
    metrics: config.metrics,
    tracing: resolveTracing(config.tracing),
    history: config.history,
    top: config.top,
    cacheMemory: config.limits.cache_memory,
    lookup: { servers, timeout },
    supervise: config.supervise,
    via: config.via,
    loopId: config.loop_id,
    start: { user: config.user ?? null, group: config.group ?? null, stateDir: config.state_dir ?? null },
    quarantined,
    files,
    settings: gatewayFacts(config),
  };
}

/** What a token without a name is called. `at`: its number, from 0. */
export function tokenName(at: number): string {
  return `token ${at + 1}`;
}

function compileAdmin({ admin, admin_base_path: publicPath = null }: Config): AdminPlan {
  const tokens = admin.tokens.map(({ name, token = '', hash = digestOf(token), scope, tenants = null }, at) => ({
    name: name ?? tokenName(at),
    digest: hash,
    scope,
    tenants,
  }));
  const { address = null, public_health: publicHealth, max_body: maxBody } = admin;
  const socket = { mode: admin.socket_mode, group: admin.socket_group ?? null };
  return { address, socket, publicPath, publicHealth, tokens, hosts: admin.hosts, maxBody };
}

// Several listeners may have port 0, which stands for another port each time.
function compileListeners(config: Config): readonly ListenerPlan[] {
  const counts = new Map<string, number>();
  return config.listeners.map((listener) => {
    const { address, tls, proxy_protocol } = listener;
    const place = formatListenAddress(address);
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    const key = count === 1 ? place : `${place} ${count}`;
    const name = listener.name ?? null;
    const httpsPort = listener.redirect_to_https;
    const rules = clientRules(config, listener);
    return { key, name, ...address, tls, proxyProtocol: proxy_protocol, httpsPort, rules };
  });
}

function clientRules(config: Config, listener: ListenerConfig | null): ClientRules {
  const { limits, timeouts } = resolveListener(config, listener);
  const { handshake, header, keep_alive, idle } = timeouts;
  return {
    headLimits: headLimits(limits),
    timeouts: { handshake, header, keepAlive: keep_alive, idle },
    connections: limits.connections,
    connectionsPerClient: limits.connections_per_client,
    handshakes: limits.handshakes,
    keepAliveRequests: limits.keep_alive_requests,
    minBodyRate: limits.min_body_rate,
    minResponseRate: limits.min_response_rate,
    unsentBytes: limits.unsent_bytes,
    droppedBody: limits.dropped_body,
    tellsIds: config.request_id === 'both',
    allowsHalfClose: listener?.half_close ?? false,
    offersH2: listener?.http2 ?? true,
    takesPlainH2: listener?.h2c ?? false,
    h2: h2Limits(limits),
  };
}

function h2Limits(limits: Config['limits']): ClientRules['h2'] {
  return {
    streams: limits.h2_streams,
    blockBytes: bytes(Math.max(limits.h2_header_bytes, limits.header_bytes)),
    continuations: limits.h2_continuations,
    resets: limits.h2_resets,
    pings: limits.h2_pings,
    settings: limits.h2_settings,
    emptyFrames: limits.h2_empty_frames,
    windowUpdates: limits.h2_window_updates,
    otherFrames: limits.h2_other_frames,
  };
}

function headLimits({ header_bytes, header_count, target_bytes }: Config['limits']): ClientRules['headLimits'] {
  return { headerBytes: header_bytes, headerCount: header_count, targetBytes: target_bytes };
}
