// Texts with places that each request fills: `{host}`, `{header.x-user}`. A brace itself is written twice.
import { type Result, err, ok } from '../core/result.ts';
import { setting } from '../core/settings.ts';
import type { ClientCertificate, ClientFacts } from '../message/contract.ts';
import type { PolicyRequest } from './contract.ts';

type Fill = (request: PolicyRequest) => string;

/** A text as it was written. */
export type Template = { readonly source: string };

/** A template that is ready to be filled. `fixed`: the text, where nothing of it depends on the request; else null. */
export type Filler = { readonly fixed: string | null; readonly fill: Fill };

const PLAIN: Readonly<Record<string, Fill>> = {
  'client.address': ({ client }) => client.address,
  'client.scheme': schemeOf,
  'client.cert.subject': ({ client }) => subjectOf(client),
  'client.cert.fingerprint': ({ client }) => trustedOf(client)?.fingerprint.replaceAll(':', '').toLowerCase() ?? '',
  'tls.version': ({ client }) => client.tls?.version ?? '',
  'tls.cipher': ({ client }) => client.tls?.cipher ?? '',
  'tls.server_name': ({ client }) => client.tls?.serverName ?? '',
  scheme: schemeOf,
  method: ({ method }) => method,
  host: ({ host }) => host,
  path: ({ path }) => path,
  query: ({ query }) => query,
  target: ({ target }) => target,
  request_id: ({ id }) => id,
  'consumer.id': ({ consumer }) => consumer?.id ?? '',
  'consumer.groups': ({ consumer }) => consumer?.groups.join(',') ?? '',
};

/** For messages and the reference. */
const PLACES =
  '{client.address}, {scheme}, {method}, {host}, {path}, {query}, {target}, {request_id}, {tenant}, {consumer.id}, {consumer.groups}, {client.cert.subject}, {client.cert.fingerprint}, {tls.version}, {tls.cipher}, {tls.server_name}, {header.NAME}, {cookie.NAME}';

const TOKEN = /\{\{|\}\}|\{([^{}]*)\}?|\}/g;

/** A text with places. */
export const template = setting<string | number, Template>({
  type: 'text with places',
  expected: `a text; what may stand in it: ${PLACES}; a brace itself is written twice`,
  json: { type: ['string', 'number'] },
  parse(value) {
    if (typeof value !== 'string' && typeof value !== 'number') return err({ message: '{value} is not a text' });
    const source = String(value);
    const parts = partsOf(source, '');
    return parts.ok ? ok({ source }) : err({ message: parts.error });
  },
});

/** Makes a template ready for the requests of a tenant. */
export function compileTemplate({ source }: Template, tenant: string): Filler {
  const parts = partsOf(source, tenant);
  if (!parts.ok) throw new Error(parts.error);
  if (parts.value.every((part) => typeof part === 'string')) {
    const fixed = parts.value.join('');
    return { fixed, fill: () => fixed };
  }
  return {
    fixed: null,
    fill: (request) => parts.value.map((part) => (typeof part === 'string' ? part : part(request))).join(''),
  };
}

function partsOf(source: string, tenant: string): Result<readonly (string | Fill)[], string> {
  const parts: (string | Fill)[] = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    const [token, place] = match;
    parts.push(source.slice(end, match.index));
    end = match.index + token.length;
    if (token === '{{' || token === '}}') parts.push(token.slice(1));
    else if (place === undefined || !token.endsWith('}'))
      return err('has a brace without its other one; a brace itself is written twice');
    else {
      const part = partOf(place, tenant);
      if (part === null) return err(`has {${place}}, which stands for nothing`);
      parts.push(part);
    }
  }
  parts.push(source.slice(end));
  return ok(joined(parts));
}

// Neighbouring texts are one.
function joined(parts: readonly (string | Fill)[]): readonly (string | Fill)[] {
  const all: (string | Fill)[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (typeof part === 'string' && typeof last === 'string') all[all.length - 1] = last + part;
    else if (part !== '') all.push(part);
  }
  return all;
}

function partOf(place: string, tenant: string): string | Fill | null {
  if (place === 'tenant') return tenant;
  if (Object.hasOwn(PLAIN, place)) return PLAIN[place] ?? null;
  const [, kind, name = ''] = /^(header|cookie)\.([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/.exec(place) ?? [];
  if (kind === 'header') return (request) => request.field(name.toLowerCase()) ?? '';
  return kind === 'cookie' ? (request) => cookieOf(request, name) ?? '' : null;
}

/** The value of a cookie of the request; null: it has none of that name. */
export function cookieOf(request: PolicyRequest, name: string): string | null {
  const cookies = request.field('cookie');
  if (cookies === null) return null;
  for (const pair of cookies.split(/;|, /)) {
    const [key = '', ...value] = pair.split('=');
    if (key.trim() === name)
      return value
        .join('=')
        .trim()
        .replace(/^"(.*)"$/, '$1');
  }
  return null;
}

// What no known authority has issued says nothing of the client. What a trusted proxy has shown says nothing of its clients.
function trustedOf({ tls, claims }: ClientFacts): ClientCertificate | null {
  const certificate = claims === null ? (tls?.clientCertificate ?? null) : null;
  return certificate?.isTrusted === true ? certificate : null;
}

// `CN=ada, O=acme`; a comma in a value has a backslash before it, so that no value reads as two.
function subjectOf(client: ClientFacts): string {
  const parts = trustedOf(client)?.subject.split('\n') ?? [];
  return parts.map((part) => part.replaceAll(/[\\,]/g, '\\$&')).join(', ');
}

/** `https` where the client uses TLS, by itself or up to a trusted proxy. */
export function schemeOf({ client }: Pick<PolicyRequest, 'client'>): string {
  const claimed = client.claims?.forwardedProto.split(',')[0]?.trim().toLowerCase();
  return (claimed ?? (client.isTls ? 'https' : 'http')) === 'https' ? 'https' : 'http';
}
