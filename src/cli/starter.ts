// The first configuration of a gateway, with comments for a person who has never seen one. Pure.
import { parseBackendUrl } from '../config/backend-url.ts';
import { name as nameKind } from '../config/fields.ts';
import { parseDomain } from '../config/host-name.ts';
import { type Result, err, ok } from '../core/result.ts';

/** A program behind the gateway. `name`: the tenant, or its host; null: the tenant of everything else. */
export type StarterOrigin = { readonly name: string | null; readonly url: string };

const FORMS = 'a URL such as http://127.0.0.1:3000, or a name or host with it: api=http://127.0.0.1:4000';

/** Reads an origin as it was typed: `http://127.0.0.1:3000`, `api=http://…`, `shop.example.com=http://…`. */
export function parseOrigin(word: string): Result<StarterOrigin, string> {
  const [, name = null, url = word] = /^([^=:/?#]+)=(.*)$/.exec(word) ?? [];
  const parsed = parseBackendUrl(url);
  if (!parsed.ok) {
    const isPlace = /^[\w.-]*:?\d+$/.test(url);
    const place = /^\d+$/.test(url) || url.startsWith(':') ? `127.0.0.1:${url.replace(':', '')}` : url;
    const guess = isPlace ? ` (did you mean ${name === null ? '' : `${name}=`}http://${place}?)` : '';
    return err(
      `${JSON.stringify(word)} is no origin: ${parsed.error.replaceAll('{value}', JSON.stringify(url))}; expected ${FORMS}${guess}`,
    );
  }
  if (name === null || (isHost(name) ? parseDomain(name).ok : nameKind.safeParse(name).success))
    return ok({ name: name !== null && isHost(name) ? name.toLowerCase() : name, url });
  return err(`${JSON.stringify(name)} is neither a name nor a host; expected ${FORMS}`);
}

function isHost(name: string): boolean {
  return name.includes('.');
}

const EXAMPLE: StarterOrigin = { name: null, url: 'http://127.0.0.1:3000' };

/** The text. Without origins it has one as an example. `schema`: where editors find the JSON Schema. */
export function starter(origins: readonly StarterOrigin[], schema: string): string {
  const wanted = origins.length === 0 ? [EXAMPLE] : origins;
  const tenants = Map.groupBy(wanted, ({ name }) => name);
  // What has a name of its own comes first; the rest is everything else.
  const named = [...tenants].filter(([name]) => name !== null);
  const rest = tenants.get(null);
  const blocks = [...named, ...(rest === undefined ? [] : [[null, rest] as const])];
  const ids = new Set<string>();
  const texts = blocks.map(([name, list]) => tenantText(name, idOf(name, ids), list));
  return HEAD(schema) + texts.join('') + TAIL;
}

const HEAD = (schema: string): string => `# yaml-language-server: $schema=${schema}
#
# The configuration of Keystone Gateway. The line above gives editors what every key means, and its values.
#   keystone check                      is it right?
#   keystone explain GET http://HOST/   where does a request go, and why?
#   keystone run                        serves; \`keystone reload\` takes a change, \`run --watch\` takes it by itself
#   keystone status                     how is everybody?

# Where clients connect. Without listeners: the address of \`--addr\`, or port 8080 of every address.
# listeners:
#   - { address: ":80" }
#   - { address: ":443", tls: true }
# tls: { cert_file: "/etc/keystone/server.crt", key_file: "/etc/keystone/server.key" }

# What all tenants have wherever they say nothing else.
defaults:
  # Backends are asked from the first moment. A connection that opens is what every program can answer with; a page of its
  # own tells more: { type: http, path: "/health" }
  health_check: { type: tcp, interval: 5s }

# Each tenant has its hosts and paths, and the services that its requests go to.
tenants:
`;

// A name of its own for each tenant.
function idOf(name: string | null, taken: Set<string>): string {
  const wanted = name === null ? 'main' : name.replace(/^\*\./, 'any.').replace(/\.\*$/, '.any');
  let id = wanted;
  for (let at = 2; taken.has(id); at++) id = `${wanted}-${at}`;
  taken.add(id);
  return id;
}

function tenantText(name: string | null, id: string, origins: readonly StarterOrigin[]): string {
  const services = origins.map(
    ({ url }, at) => `      - { name: ${quoted(`${id}-${at + 1}`)}, url: ${quoted(url)} }\n`,
  );
  return `  - name: ${quoted(id)}\n${matchText(name)}    services:\n${services.join('')}`;
}

function matchText(name: string | null): string {
  if (name === null)
    return `    # All that no other tenant takes. One host alone: domains: ["shop.example.com"]\n    path_prefix: "/"\n`;
  if (isHost(name)) return `    domains: [${quoted(name)}]\n`;
  return `    # The prefix is removed before a request goes on; \`strip_prefix: false\` keeps it.\n    path_prefix: ${quoted(`/${name}/`)}\n`;
}

const TAIL = `
# Each customer may have a file: include: ["tenants.d/*.yaml"]
# All settings with their defaults and reasons: docs/reference/configuration.md
`;

// A text is searched for references, which nobody has meant here.
function quoted(text: string): string {
  return JSON.stringify(text.replaceAll('${', '$${'));
}
