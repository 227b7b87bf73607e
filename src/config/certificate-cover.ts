// Whether certificates are for the names that are served with them. Clients refuse a certificate for other names.
import { isCovered, isForAnyOf, plainName } from '../core/certificate-names.ts';
import { usesAcme } from './acme-checks.ts';
import type { Finding } from './finding.ts';
import type { UsablePair } from './named-pairs.ts';
import type { Config, TenantConfig } from './schema.ts';

type Served = { readonly path: Finding['path']; readonly domain: string };

/** Names of certificates: of those for everybody, and of those of each tenant, by its number. */
export type CertifiedNames = {
  readonly common: ReadonlySet<string>;
  readonly own: ReadonlyMap<number, ReadonlySet<string>>;
};

export function namesIn(pairs: readonly Pick<UsablePair, 'tenant' | 'certificate'>[]): CertifiedNames {
  const common = new Set<string>();
  const own = new Map<number, Set<string>>();
  for (const { tenant, certificate } of pairs) {
    const names = certificate.facts.names.map(plainName);
    if (tenant === null) for (const name of names) common.add(name);
    else own.set(tenant, new Set(names));
  }
  return { common, own };
}

/** What is wrong: a certificate of a tenant that is for none of its hosts would be shown to nobody. */
export function strangeCertificates({ tenants }: Config, { own }: CertifiedNames): readonly Finding[] {
  return Array.from(own).flatMap(([at, names]): readonly Finding[] => {
    const domains = tenants[at]?.domains ?? [];
    if (isForAnyOf(names, domains)) return [];
    const message = `{value} is for ${shown(names)}, which is none of the domains of the tenant`;
    const expected = domains.length === 0 ? 'domains' : `a certificate for ${shown(domains)}`;
    return [{ path: ['tenants', at, 'tls', 'cert_file'], message, expected }];
  });
}

/** Warnings. */
export function uncoveredDomains(config: Config, { common, own }: CertifiedNames): readonly Finding[] {
  if (common.size === 0 && own.size === 0) return [];
  const served = config.tenants.flatMap((tenant, at) =>
    speaksTls(config, tenant) && !usesAcme(config, tenant) ? domainsOf(tenant, at) : [],
  );
  const uncovered = served.filter(
    ({ tenant, domain }) => !isCovered(common, domain) && !isCovered(own.get(tenant) ?? NONE, domain),
  );
  const [first] = uncovered;
  if (first === undefined) return [];
  if (uncovered.length === served.length && config.certificates.length === 0 && own.size === 0) {
    const message = `warning: the certificate is for ${shown(common)}, which no tenant has among its domains`;
    return [{ path: ['tls', 'cert_file'], message }];
  }
  const more = uncovered.length === 1 ? '' : `, nor for ${shown(uncovered.slice(1).map(({ domain }) => domain))}`;
  const which = config.certificates.length === 0 && own.size === 0 ? 'the certificate is not' : 'no certificate is';
  return [{ path: first.path, message: `warning: {value} is served with TLS, but ${which} for it${more}` }];
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
function domainsOf({ domains }: TenantConfig, tenant: number): readonly (Served & { readonly tenant: number })[] {
  return domains.flatMap((domain, at) =>
    domain.endsWith('.*') ? [] : [{ path: ['tenants', tenant, 'domains', at], domain, tenant }],
  );
}

const NONE: ReadonlySet<string> = new Set();

const MOST = 5;

function shown(all: Iterable<string>): string {
  const names = [...all];
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : '';
  return names.slice(0, MOST).join(', ') + more;
}
