// What a plan says of certificates.
import type { Plan } from '../plan/plan.ts';
import type { TenantTls, TlsRules, WantedCertificates } from './contract.ts';

/** Where they are to be read from, in the order of the configuration. */
export function wantedCertificates({ gateway: { tls }, tenants }: Plan): readonly WantedCertificates[] {
  if (tls === null) return [];
  const { own, certificates } = tls;
  return [
    ...(own === null
      ? []
      : [{ from: { kind: 'pair', files: own } as const, owner: 'default' as const, domains: null }]),
    ...certificates.map((from) => ({ from, owner: 'gateway' as const, domains: null })),
    ...tenants.flatMap(({ name, domains, tls: tenantTls }): readonly WantedCertificates[] => {
      const files = tenantTls?.files ?? null;
      return files === null ? [] : [{ from: { kind: 'pair', files }, owner: { tenant: name }, domains }];
    }),
  ];
}

/** How TLS is spoken. Null: not at all. */
export function rulesOf({ gateway: { tls, acme }, tenants }: Plan): TlsRules | null {
  if (tls === null) return null;
  const { policy, clientAuth, unknownNames } = tls;
  const own = tenants.flatMap((tenant): readonly TenantTls[] =>
    tenant.tls === null
      ? []
      : [
          {
            tenant: tenant.name,
            domains: tenant.domains,
            policy: tenant.tls.policy,
            clientAuth: tenant.tls.clientAuth,
          },
        ],
  );
  return { policy, clientAuth, unknownNames, tenants: own, onDemand: acme?.onDemand?.wait ?? null };
}
