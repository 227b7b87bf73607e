// TLS of tenants: it is agreed on before the path of a request is known, by the host alone.
import type { Finding, Places } from './finding.ts';
import type { Config, TenantConfig } from './schema.ts';

/** What cannot be. */
export function checkTenantTls({ tenants }: Config, places: Places): readonly Finding[] {
  const first = new Map<string, Own>();
  return tenants.flatMap((tenant, at): readonly Finding[] => {
    const { tls, domains } = tenant;
    if (tls === undefined) return [];
    const path = ['tenants', at, 'tls'];
    if (domains.length === 0)
      return [
        {
          path,
          isKey: true,
          message: 'stands in a tenant without domains, and clients ask for hosts',
          expected: 'domains',
        },
      ];
    const own = { at, text: JSON.stringify(tls) };
    return domains.flatMap((domain) => {
      const before = first.get(domain);
      if (before === undefined) first.set(domain, own);
      if (before === undefined || before.text === own.text) return [];
      const other = places.placeOf(['tenants', before.at, 'tls'], path);
      const message = `differs from that of another tenant which has the host ${domain} as well (${other}), and TLS is agreed on before there is a path`;
      return [{ path, isKey: true, message, expected: 'the same in both, or in one of them alone' }];
    });
  });
}

type Own = { readonly at: number; readonly text: string };

/** Warnings: whoever comes without TLS shows no certificate. */
export function warnOfPlainWays({ listeners, tenants }: Config): readonly Finding[] {
  const plain = listeners.filter(({ tls, redirect_to_https: port }) => !tls && port === null);
  if (plain.length === 0) return [];
  return tenants.flatMap((tenant, at): readonly Finding[] => {
    const isOpen = tenant.tls?.client_auth?.mode === 'require' && plain.some(({ name }) => isServedOn(tenant, name));
    if (!isOpen) return [];
    const message = 'warning: the tenant is served on a listener without TLS as well, where nobody needs a certificate';
    return [{ path: ['tenants', at, 'tls', 'client_auth'], isKey: true, message }];
  });
}

function isServedOn({ listeners }: TenantConfig, name: string | undefined): boolean {
  return listeners === undefined || (name !== undefined && listeners.includes(name));
}
