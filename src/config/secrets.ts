// Finds what of a tenant's settings comes from the environment and may be a secret: it is used, and never shown. What names
// something (names, hosts, ports, prefixes) has to be shown, wherever it comes from.
import type { ParsedNode } from 'yaml';
import { maskParameters } from './backend-url.ts';
import { MASK } from '../core/secrets.ts';
import type { Converted } from './convert.ts';
import type { Part } from './environment.ts';
import type { Path } from './problems.ts';
import type { Config, ServiceConfig, TenantConfig } from './schema.ts';
import type { Source } from './source.ts';

type Born = Converted['born'];

// Of `health_check`: what is sent, run or compared. The other settings name something, or are numbers.
const CHECK_TEXTS = 'path headers body expect_header expect_body send expect command environment metadata'.split(' ');

/** The configuration, with what must not be shown of each service in its URL. */
export function markSecrets(config: Config, source: Source, born: Born): Config {
  if (born.size === 0) return config;
  const tenants = config.tenants.map((tenant, at) => markTenant(tenant, ['tenants', at], { source, born }));
  return { ...config, tenants };
}

type Known = { readonly source: Source; readonly born: Born };

function markTenant(tenant: TenantConfig, path: Path, known: Known): TenantConfig {
  const services = markServices(tenant, path, known);
  const pools = Object.entries(tenant.pools).map(
    ([name, pool]) => [name, { ...pool, services: markServices(pool, [...path, 'pools', name], known) }] as const,
  );
  return { ...tenant, services, pools: Object.fromEntries(pools) };
}

function markServices(pool: Pick<TenantConfig, 'services'>, path: Path, known: Known): ServiceConfig[] {
  const checked = CHECK_TEXTS.flatMap((key) => bornAt([...path, 'health_check', key], known));
  return pool.services.map((service, at) => markService(service, [...path, 'services', at], checked, known));
}

function markService(service: ServiceConfig, path: Path, checked: readonly string[], known: Known): ServiceConfig {
  const [node] = known.source.scalarsBelow([...path, 'url']);
  const parts = node === undefined ? undefined : known.born.get(node);
  const secrets = [...checked, ...bornAt([...path, 'health'], known), ...(parts === undefined ? [] : bornTexts(parts))];
  if (secrets.length === 0) return service;
  const tail = parts === undefined ? service.url.shownTail : shownTail(parts);
  return { ...service, url: { ...service.url, shownTail: tail, secrets: [...service.url.secrets, ...secrets] } };
}

function bornAt(path: Path, { source, born }: Known): readonly string[] {
  return source.scalarsBelow(path).flatMap((node: ParsedNode) => bornTexts(born.get(node) ?? []));
}

function bornTexts(parts: readonly Part[]): readonly string[] {
  return parts.filter(({ isBorn }) => isBorn).flatMap(({ text }) => afterAuthority(text));
}

// A variable may hold a whole URL. Its scheme, host and port name a place; what follows is secret.
function afterAuthority(text: string): readonly string[] {
  const [whole = '', credentials = '', tail = ''] =
    /^(?:unix:[^:?#]*|[a-z]+:\/\/(?:([^/?#]*)@)?(?:unix:[^:?#]*|[^/?#]*))(.*)$/i.exec(text) ?? [];
  const secrets = whole === '' ? [text] : [credentials, tail.replace(/\/$/, '')];
  return secrets.filter((secret) => secret !== '');
}

// The path and query of a URL, with a mask for each run of characters from the environment.
function shownTail(parts: readonly Part[]): string {
  const text = parts.map((part) => part.text).join('');
  const start = text.search(/(?<=^(?:http:\/\/)?unix:[^:?#]*)[:?]|(?<=^[a-z]+:\/\/(?!unix:)[^/?#]*)[/?]/i);
  if (start < 0) return '';
  let at = 0;
  let shown = '';
  for (const part of parts) {
    const own = part.text.slice(Math.max(0, start - at));
    at += part.text.length;
    shown += part.isBorn ? maskPart(own) : own;
  }
  return maskParameters(shown.replace(/\/$/, '').replace('/?', '?'));
}

// Slash and question mark stay, so that a path is still seen to be one.
function maskPart(own: string): string {
  const mark = /^:?[/?]/.exec(own)?.[0] ?? '';
  return own.length === mark.length ? own : mark + MASK;
}
