// What policies of one tenant hardly mean, each by itself.
import type { PolicyEntry } from './policies.ts';
import type { Config } from './schema.ts';

type TenantConfig = Config['tenants'][number];

/** For people; null: nothing. */
export function adviceOn({ redirect, ip_access: access, when }: PolicyEntry, { domains }: TenantConfig): string | null {
  if (access !== undefined) return adviceOnFamilies([...(access.allow ?? []), ...(access.deny ?? [])]);
  if (redirect === undefined) return null;
  const { https, to } = redirect;
  const namesHost = https || (to !== undefined && /^[^/]*:\/\/[^/]*\{host\}/.test(to.source));
  if (namesHost && domains.length === 0)
    return 'the tenant has no domains: clients are sent to whatever host they have named';
  return to !== undefined && when === undefined && goesRound(to.source, domains)
    ? 'it redirects where it has redirected to, without an end; `when` says which requests are meant'
    : null;
}

// A host of the tenant itself, and a path that grows each time.
function goesRound(to: string, domains: readonly string[]): boolean {
  const [, host = '', path = ''] = /^(?:[^/]*:\/\/([^/]*))?(\/[^{]*)\{(?:path|target)\}/.exec(to) ?? [];
  return path !== '' && (host === '' || host === '{host}' || domains.includes(host.toLowerCase()));
}

function adviceOnFamilies(ranges: readonly string[]): string | null {
  const hasIpv4 = ranges.includes('0.0.0.0/0');
  const hasIpv6 = ranges.includes('::/0');
  if (hasIpv4 === hasIpv6) return null;
  return hasIpv4 ? '0.0.0.0/0 holds no IPv6 address; ::/0 does' : '::/0 holds no IPv4 address; 0.0.0.0/0 does';
}
