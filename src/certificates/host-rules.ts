// What the hosts of tenants are served with in another way than the rest.
import type { ClientAuth, TlsPolicy } from '../core/certificate-source.ts';
import { parentOf } from '../core/certificate-names.ts';
import type { HeldCertificate, TenantTls, TlsRules } from './contract.ts';
import { NameTable } from './name-table.ts';

/** What tenants say of one entry of `domains`. */
type Scope = {
  readonly own: NameTable | null;
  readonly policy: TlsPolicy | null;
  readonly clientAuth: TenantTls['clientAuth'];
};

/** The scopes that a host is in: by its exact name, by a wildcard, by a beginning. A request may have its route by any of
 * them, so that each has its word where the ones before say nothing. */
export class HostRules {
  private readonly scopes = new Map<string, Scope>();

  constructor(tenants: readonly TenantTls[], certificates: readonly HeldCertificate[], wall: number) {
    const own = ownTables(certificates, wall);
    for (const tenant of tenants) for (const domain of tenant.domains) this.add(domain, tenant, own);
  }

  get isEmpty(): boolean {
    return this.scopes.size === 0;
  }

  // Tenants that share a host by their paths share its rules: TLS is agreed on before there is a path.
  private add(domain: string, tenant: TenantTls, own: ReadonlyMap<string, NameTable>): void {
    const before = this.scopes.get(domain);
    const clientAuth = before?.clientAuth ?? 'usual';
    this.scopes.set(domain, {
      own: before?.own ?? own.get(tenant.tenant) ?? null,
      policy: before?.policy ?? tenant.policy,
      clientAuth: before === undefined || clientAuth === 'usual' ? tenant.clientAuth : clientAuth,
    });
  }

  private *of(host: string): Generator<Scope> {
    for (const domain of domainsOf(host)) {
      const scope = this.scopes.get(domain);
      if (scope !== undefined) yield scope;
    }
  }

  /** The certificates that tenants have of their own for a host. */
  certificatesFor(host: string): readonly HeldCertificate[] | null {
    for (const { own } of this.of(host)) {
      const found = own?.find(host) ?? null;
      if (found !== null) return found;
    }
    return null;
  }

  policyFor(host: string, { policy: usual }: TlsRules): TlsPolicy {
    for (const { policy } of this.of(host)) if (policy !== null) return policy;
    return usual;
  }

  clientAuthFor(host: string, { clientAuth: usual }: TlsRules): ClientAuth | null {
    for (const { clientAuth } of this.of(host)) if (clientAuth !== 'usual') return clientAuth;
    return usual;
  }
}

function ownTables(certificates: readonly HeldCertificate[], wall: number): ReadonlyMap<string, NameTable> {
  const byTenant = new Map<string, HeldCertificate[]>();
  for (const certificate of certificates) {
    const { owner } = certificate;
    if (typeof owner === 'string') continue;
    const known = byTenant.get(owner.tenant);
    if (known === undefined) byTenant.set(owner.tenant, [certificate]);
    else known.push(certificate);
  }
  return new Map(Array.from(byTenant, ([tenant, all]) => [tenant, new NameTable(all, wall)]));
}

// In the order in which routes are found: of several beginnings the longest comes first.
function* domainsOf(host: string): Generator<string> {
  yield host;
  const parent = parentOf(host);
  if (parent === '') return;
  yield `*${parent}`;
  for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) yield `${host.slice(0, dot)}.*`;
}
