// Rules that say the same become the same object, also from one version to the next.
import type { ClientAuth, TlsPolicy } from '../core/certificate-source.ts';
import type { TenantTls, TlsRules } from './contract.ts';

export class SameRules {
  readonly rules: TlsRules;
  private readonly policies = new Map<string, TlsPolicy>();
  private readonly clientAuths = new Map<string, ClientAuth>();
  private readonly numbers = new Map<object, number>();

  constructor(rules: TlsRules, before: SameRules | null) {
    const policyOf = (policy: TlsPolicy): TlsPolicy => this.same(policy, this.policies, before?.policies);
    const authOf = (auth: ClientAuth): ClientAuth => this.same(auth, this.clientAuths, before?.clientAuths);
    this.rules = {
      ...rules,
      policy: policyOf(rules.policy),
      clientAuth: rules.clientAuth === null ? null : authOf(rules.clientAuth),
      tenants: rules.tenants.map((tenant) => sameTenant(tenant, policyOf, authOf)),
    };
  }

  private same<T extends object>(rule: T, known: Map<string, T>, before: ReadonlyMap<string, T> = new Map()): T {
    const text = JSON.stringify(rule);
    const found = known.get(text) ?? before.get(text) ?? rule;
    known.set(text, found);
    this.numbers.set(found, this.numbers.get(found) ?? this.numbers.size + 1);
    return found;
  }

  /** The number of a rule, 0 for null. Undefined: it is none of these. */
  numberOf(rule: TlsPolicy | ClientAuth | null): number | undefined {
    return rule === null ? 0 : this.numbers.get(rule);
  }
}

function sameTenant(
  tenant: TenantTls,
  policyOf: (policy: TlsPolicy) => TlsPolicy,
  authOf: (auth: ClientAuth) => ClientAuth,
): TenantTls {
  const { policy, clientAuth } = tenant;
  return {
    ...tenant,
    policy: policy === null ? null : policyOf(policy),
    clientAuth: clientAuth === null || clientAuth === 'usual' ? clientAuth : authOf(clientAuth),
  };
}
