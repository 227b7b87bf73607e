// What a configuration says of the gateway itself, by the names of its settings: kept with the plan, whose own form has
// other names.
import { formatListenAddress } from '../config/listen-address.ts';
import type { Config } from '../config/schema.ts';
import { formatRange } from '../core/cidr.ts';
import { bytes, millis, share } from '../core/units.ts';
import { type Fact, asCount, asList, asSecret, asShare, asSize, asText, asTime, asWhole } from './facts.ts';

/** All settings of the gateway, but for what tenants are made of. */
export function gatewayFacts(config: Config): readonly Fact[] {
  const { tenants: _, defaults: __, lua_routing: ___, authorities: ____, ownPairs: _____, ...own } = config;
  const { listeners, trusted_proxies: proxies, admin, tracing, ...plain } = own;
  const { tokens, ...places } = admin;
  const names = tokens.map(({ name }, at) => name ?? `token ${at + 1}`);
  return [
    ...flat('', plain),
    ...flat('admin', places),
    ...tracingFacts(tracing),
    ...asWhole('admin.tokens', names.join(', '), tokens),
    ...asList('trusted_proxies', proxies.map(formatRange)),
    ...asList(
      'listeners',
      listeners.map(({ address }) => formatListenAddress(address)),
    ),
    ...listeners.flatMap(({ address, ...rules }) => flat(`listeners[${formatListenAddress(address)}]`, rules)),
  ];
}

// Its header fields are secrets.
function tracingFacts(tracing: Config['tracing']): readonly Fact[] {
  if (tracing === undefined) return [];
  const { headers, ...shown } = tracing;
  return [
    ...flat('tracing', shown),
    ...Object.entries(headers).flatMap(([name, value]) => asSecret(`tracing.headers.${name}`, value)),
  ];
}

function flat(path: string, value: object): readonly Fact[] {
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    factOf(path === '' ? key : `${path}.${key}`, item),
  );
}

function factOf(setting: string, value: unknown): readonly Fact[] {
  if (typeof value === 'string' || typeof value === 'boolean') return asText(setting, String(value));
  if (typeof value === 'number') return numberFact(setting, value);
  if (value === null || value === undefined) return asText(setting, null);
  if (typeof value !== 'object') return [];
  if (!Array.isArray(value)) return flat(setting, value);
  const items: readonly unknown[] = value;
  const texts = items.filter((item) => typeof item === 'string' || typeof item === 'number');
  return texts.length === items.length ? asList(setting, texts) : asWhole(setting, `${items.length}`, items);
}

// The type of a number is lost at run time; its name tells what it counts.
const IS_TIME = /\btimeouts\.|_ttl$|timeout$|\bhang$|_(?:time|delay|interval|after)$|\.rotate\.age$|^tracing\.delay$/;
const IS_SIZE = /_(?:bytes|rate)$|\.memory$|\.rotate\.size$/;
const IS_SHARE = /^overload\..*_memory$|^(?:access_log|tracing)\.sample$/;

function numberFact(setting: string, value: number): readonly Fact[] {
  if (IS_TIME.test(setting)) return asTime(setting, millis(value));
  if (IS_SHARE.test(setting)) return asShare(setting, share(value));
  return IS_SIZE.test(setting) ? asSize(setting, bytes(value)) : asCount(setting, value);
}
