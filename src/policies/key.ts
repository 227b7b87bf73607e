// The part of a request by which a policy counts.
import { clientKey } from '../core/cidr.ts';
import { type Result, err, ok } from '../core/result.ts';
import { setting } from '../core/settings.ts';
import type { PolicyRequest } from './contract.ts';
import { cookieOf } from './template.ts';

type Plain = 'client' | 'tenant' | 'consumer' | 'host' | 'path';
type Part = { readonly from: Plain } | { readonly from: 'header' | 'cookie' | 'query'; readonly name: string };

/** Parts that make the key together. */
export type CountKey = readonly Part[];

const PLAIN: ReadonlySet<string> = new Set<Plain>(['client', 'tenant', 'consumer', 'host', 'path']);
const FORMS = 'client, tenant, consumer, host, path, header:NAME, cookie:NAME or query:NAME';

/** One part, or a list of parts. */
export const countKey = setting<string | readonly string[], CountKey>({
  type: 'key, or a list of them',
  expected: `${FORMS}, or a list of these`,
  json: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
  parse(value) {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    const parts = all.map(partOf);
    const wrong = parts.find((part) => !part.ok);
    if (wrong !== undefined && !wrong.ok) return err({ message: wrong.error });
    const read = parts.flatMap((part) => (part.ok ? [part.value] : []));
    return read.length === 0 ? err({ message: 'names nothing' }) : ok(read);
  },
});

function partOf(value: unknown): Result<Part, string> {
  if (typeof value !== 'string') return err('{value} is not a key');
  if (isPlain(value)) return ok({ from: value });
  const [, from, name = ''] = /^(header|cookie|query):([^\s&=#]+)$/.exec(value) ?? [];
  if (from === 'header') return ok({ from, name: name.toLowerCase() });
  return from === 'cookie' || from === 'query' ? ok({ from, name }) : err('{value} is not a key');
}

function isPlain(value: string): value is Plain {
  return PLAIN.has(value);
}

/** The key of a request as a text; null: a part is missing. */
export function keyOf(request: PolicyRequest, key: CountKey): string | null {
  if (key.length === 1) return key[0] === undefined ? null : valueOf(request, key[0]);
  const values = key.map((part) => valueOf(request, part));
  // Lengths keep `a`, `bc` and `ab`, `c` apart.
  return values.includes(null) ? null : values.map((value) => `${value?.length ?? 0}:${value ?? ''}`).join();
}

/** What a request has for one part; null: nothing. */
export function valueOf(request: PolicyRequest, part: Part): string | null {
  switch (part.from) {
    case 'client':
      return clientKey(request.client.address);
    case 'tenant':
      return '';
    case 'consumer':
      return request.consumer?.id ?? null;
    case 'host':
      return request.host;
    case 'path':
      return request.path;
    case 'header':
      return request.field(part.name);
    case 'cookie':
      return cookieOf(request, part.name);
    case 'query':
      return new URLSearchParams(request.query).get(part.name);
  }
}
