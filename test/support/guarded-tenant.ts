// Tenants with policies that find out who a client is.
import type { Origin, Seen } from './origin.ts';

/** One tenant for all paths. `policies`: one each, as a map in a line. */
export function guardedTenant(origin: Pick<Origin, 'url'>, policies: readonly string[], more = ''): string {
  return `tenants:\n${oneGuarded('main', 'path_prefix: "/"', origin, policies)}${more}`;
}

/** A tenant of the list. */
export function oneGuarded(
  name: string,
  where: string,
  { url }: Pick<Origin, 'url'>,
  policies: readonly string[],
): string {
  const list = policies.map((policy) => `      - ${policy}\n`).join('');
  return `  - name: ${name}\n    ${where}\n    services: [{ name: a, url: "${url}" }]\n    policies:\n${list}`;
}

/** What the origin has received of a request. */
export async function seenBy(response: Response): Promise<Seen> {
  return (await response.json()) as Seen;
}

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

/** These fields (in lower case) of what the origin has received; null: it has received none of that name. */
export function fieldsOf({ headers }: Seen, ...names: readonly string[]): readonly (string | null)[] {
  return names.map((name) => headers[name] ?? null);
}
