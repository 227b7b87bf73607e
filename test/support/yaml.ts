// Configurations for tests, in the original's shape.
import type { Origin } from './origin.ts';

type Place = Pick<Origin, 'name' | 'url'>;

/** Services of a tenant, one for each origin, indented for a tenant of the list. */
export function services(origins: readonly Place[], health: string | null = '/health'): string {
  const check = health === null ? '' : `, health: "${health}"`;
  return `    services:\n${origins.map(({ name, url }) => `      - { name: ${name}, url: "${url}"${check} }\n`).join('')}`;
}

/** One path-only tenant. */
export function pathTenant(prefix: string, origins: readonly Place[], more = ''): string {
  return `tenants:\n  - name: main\n    path_prefix: "${prefix}"\n    health_interval: 1\n${more}${services(origins)}`;
}

/** One path-only tenant whose origins are not checked, so that they get nothing but what a test sends. */
export function uncheckedTenant(prefix: string, origins: readonly Place[], more = ''): string {
  return `tenants:\n  - name: main\n    path_prefix: "${prefix}"\n${more}${services(origins, null)}`;
}
