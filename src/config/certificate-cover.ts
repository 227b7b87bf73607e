// Whether the certificate is for the names that are served with it. Clients refuse a certificate for other names.
import { literalByValue } from '../core/host-literal.ts';
import type { Finding } from './finding.ts';
import type { Config, TenantConfig } from './schema.ts';

type Served = { readonly path: Finding['path']; readonly domain: string };

/** Warnings. `names`: what the certificate is for. */
export function uncoveredDomains(config: Config, names: readonly string[]): readonly Finding[] {
  const served = config.tenants.flatMap((tenant, at) => (speaksTls(config, tenant) ? domainsOf(tenant, at) : []));
  const uncovered = served.filter(({ domain }) => !names.some((name) => covers(name, domain)));
  const [first] = uncovered;
  if (first === undefined) return [];
  if (uncovered.length === served.length) {
    const message = `warning: the certificate is for ${shown(names)}, which no tenant has among its domains`;
    return [{ path: ['tls', 'cert_file'], message }];
  }
  const more = uncovered.length === 1 ? '' : `, nor for ${shown(uncovered.slice(1).map(({ domain }) => domain))}`;
  return [
    { path: first.path, message: `warning: {value} is served with TLS, but the certificate is not for it${more}` },
  ];
}

// Without listeners, the address of the command line speaks TLS.
function speaksTls({ listeners }: Config, tenant: TenantConfig): boolean {
  if (listeners.length === 0) return true;
  return listeners.some(
    ({ name, tls }) =>
      tls && (tenant.listeners === undefined || (name !== undefined && tenant.listeners.includes(name))),
  );
}

// Nobody can have a certificate for a name with any ending.
function domainsOf({ domains }: TenantConfig, tenant: number): readonly Served[] {
  return domains.flatMap((domain, at) =>
    domain.endsWith('.*') ? [] : [{ path: ['tenants', tenant, 'domains', at], domain }],
  );
}

// An asterisk stands for one label (RFC 6125 6.4.3). A certificate has IPv6 addresses in a longer form.
function covers(name: string, domain: string): boolean {
  const wanted = name.includes(':') ? literalByValue(`[${name}]`) : name.toLowerCase();
  return (
    wanted === domain || (wanted?.startsWith('*.') === true && domain.slice(domain.indexOf('.')) === wanted.slice(1))
  );
}

const MOST = 5;

function shown(names: readonly string[]): string {
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : '';
  return names.slice(0, MOST).join(', ') + more;
}
