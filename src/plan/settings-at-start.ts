// Settings that are read once, when the gateway starts. Kept by their names, so that a reload can say which of them wait
// for the next start, and says nothing of those that are in force at once.
import { formatListenAddress } from '../config/listen-address.ts';
import type { Config, ListenerConfig } from '../config/schema.ts';
import { fingerprintOf } from './fingerprint.ts';

type Values = Readonly<Record<string, unknown>>;

export type SettingsAtStart = {
  /** By their names, such as `limits.header_bytes`. */
  readonly general: Values;
  /** Those of each listener, by its address and their names within it. */
  readonly listeners: Readonly<Record<string, Values>>;
};

/** What a configuration says of the settings that are read at the start. */
export function settingsAtStart(config: Config): SettingsAtStart {
  const { admin, limits, timeouts, tls, dns, listeners, via, loop_id, request_id } = config;
  // The limit of bodies and the other timeouts are those of tenants, and these are compiled anew with every reload.
  const { body_bytes: _, ...clientLimits } = limits;
  const { handshake, header, keep_alive, idle } = timeouts;
  const general = {
    ...named('limits', clientLimits),
    ...named('timeouts', { handshake, header, keep_alive, [CLIENT_IDLE]: idle }),
    // The files are read again with every reload.
    'tls.enabled': tls?.enabled ?? false,
    'admin.address': admin.address ?? null,
    via,
    loop_id,
    request_id,
    ...named('dns', { servers: dns.servers, timeout: dns.timeout }),
  };
  return {
    general,
    listeners: Object.fromEntries(listeners.map((one) => [formatListenAddress(one.address), listenerSettings(one)])),
  };
}

// Tenants have the new value at once; the clients' connections do not.
const CLIENT_IDLE = 'idle (towards clients)';

// A name is in force at once.
function listenerSettings({ address: _, name: __, limits, timeouts, ...own }: ListenerConfig): Values {
  return { ...own, ...named('limits', limits ?? {}), ...named('timeouts', timeouts ?? {}) };
}

function named(prefix: string, values: object): Values {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));
}

/** The names of the settings that wait for the next start. `hasTypedAddress`: one listener has no settings of its own. */
export function waitingSettings(
  before: SettingsAtStart,
  after: SettingsAtStart,
  hasTypedAddress: boolean,
): readonly string[] {
  const general = changedNames(before.general, after.general);
  const listeners = Object.values(after.listeners);
  // What every listener says for itself is no default for anybody; but heads are responses', too.
  const isUsed = (name: string): boolean =>
    hasTypedAddress || listeners.length === 0 || name === HEADER_BYTES || listeners.some((own) => !(name in own));
  return [...general.filter(isUsed), ...changedListeners(before.listeners, after.listeners)];
}

const HEADER_BYTES = 'limits.header_bytes';

function changedListeners(
  before: SettingsAtStart['listeners'],
  after: SettingsAtStart['listeners'],
): readonly string[] {
  const addresses = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...addresses].flatMap((address) => {
    const name = `listeners[${address}]`;
    if (!(address in before) || !(address in after)) return [name];
    return changedNames(before[address], after[address]).map((setting) => `${name}.${setting}`);
  });
}

function changedNames(before: Values, after: Values): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => fingerprintOf(before[name]) !== fingerprintOf(after[name]));
}
