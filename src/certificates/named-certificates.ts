// What every name is served with. Pure: the same certificates and rules give the same answers.
import type { ClientAuth, ServedCertificate, TlsPolicy } from '../core/certificate-source.ts';
import type { Millis } from '../core/units.ts';
import type { HeldCertificate, TlsRules } from './contract.ts';
import { HostRules } from './host-rules.ts';
import { NameTable } from './name-table.ts';
import { SameRules } from './same-rules.ts';

export type NamedOptions = {
  readonly certificates: readonly HeldCertificate[];
  readonly rules: TlsRules;
  /** Certificates that are not valid then come last. */
  readonly wall: number;
};

type Made = { readonly of: readonly HeldCertificate[]; readonly served: ServedCertificate };

/** What is served with certificates and rules that have not changed is the same object in the next version: what is made of
 * it, and the connections that have it, go on. */
export class NamedCertificates {
  /** Every name is served with the same. */
  readonly isUniform: boolean;
  private readonly common: NameTable;
  private readonly hosts: HostRules;
  /** For clients that ask for no name, or for one that nobody has; empty: nothing. */
  private readonly usual: readonly HeldCertificate[];
  private readonly same: SameRules;
  private readonly made = new Map<string, Made>();

  constructor({ certificates, rules, wall }: NamedOptions, before: NamedCertificates | null) {
    const common = certificates.filter(({ owner }) => typeof owner === 'string');
    this.same = new SameRules(rules, before?.same ?? null);
    this.common = new NameTable(common, wall);
    this.hosts = new HostRules(this.rules.tenants, certificates, wall);
    this.usual = this.usualOf(common);
    this.isUniform = this.hosts.isEmpty && rules.unknownNames === 'default' && common.length === this.usual.length;
    if (before !== null) this.takeOver(before, certificates);
  }

  /** What clients are asked for where nothing else is said. */
  get clientAuth(): ClientAuth | null {
    return this.rules.clientAuth;
  }

  private get rules(): TlsRules {
    return this.same.rules;
  }

  /** `serverName`: in lower case, without a final dot; null: none. Null: nobody has a certificate for it. */
  find(serverName: string | null): ServedCertificate | null {
    const { rules, hosts, usual } = this;
    if (serverName === null)
      return rules.unknownNames === 'refuse' ? null : this.serve(usual, rules.policy, rules.clientAuth);
    const found = isAddress(serverName) ? null : (hosts.certificatesFor(serverName) ?? this.common.find(serverName));
    if (found === null && rules.unknownNames === 'refuse') return null;
    return this.serve(found ?? usual, hosts.policyFor(serverName, rules), hosts.clientAuthFor(serverName, rules));
  }

  /** Whether some certificate is for that very name. */
  has(serverName: string): boolean {
    return (this.hosts.certificatesFor(serverName) ?? this.common.find(serverName)) !== null;
  }

  /** How long a client waits for a certificate that is got for it; null: none is. */
  get onDemand(): Millis | null {
    return this.rules.onDemand;
  }

  private serve(
    certificates: readonly HeldCertificate[],
    policy: TlsPolicy,
    clientAuth: ClientAuth | null,
  ): ServedCertificate | null {
    if (certificates.length === 0) return null;
    const key = this.keyOf(certificates, policy, clientAuth);
    const known = this.made.get(key);
    if (known !== undefined) return known.served;
    const pairs = certificates.map(({ cert, key: own }) => ({ cert, key: own }));
    const served = { pairs, policy, clientAuth };
    this.made.set(key, { of: certificates, served });
    return served;
  }

  private keyOf(of: readonly HeldCertificate[], policy: TlsPolicy, clientAuth: ClientAuth | null): string {
    return `${of.map(({ id }) => id).join(' ')}, ${this.same.numberOf(policy)} ${this.same.numberOf(clientAuth)}`;
  }

  // One that has a name of its own is served with others for that name.
  private usualOf(common: readonly HeldCertificate[]): readonly HeldCertificate[] {
    const first = common.find(({ owner }) => owner === 'default') ?? common[0];
    if (first === undefined) return [];
    const beside = this.common.find(first.facts.names[0] ?? '');
    return beside?.includes(first) === true ? beside : [first];
  }

  private takeOver({ made }: NamedCertificates, certificates: readonly HeldCertificate[]): void {
    const ids = new Set(certificates.map(({ id }) => id));
    for (const one of made.values()) {
      const { policy, clientAuth } = one.served;
      const isKnown = this.same.numberOf(policy) !== undefined && this.same.numberOf(clientAuth) !== undefined;
      if (isKnown && one.of.every(({ id }) => ids.has(id))) this.made.set(this.keyOf(one.of, policy, clientAuth), one);
    }
  }
}

// No client asks for an address by name (RFC 6066 3): whoever comes by one has what clients without a name have.
function isAddress(host: string): boolean {
  return host.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(host);
}
