// A configuration that was read, as the reading process hands it over: in parts, each so small that receiving it holds
// nobody up who is being served meanwhile.
import type { Problem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import { compileGateway } from '../plan/compile.ts';
import { compileTenant } from '../plan/compile-tenant.ts';
import type { GatewayPlan, TenantPlan } from '../plan/plan.ts';

export type PlanPart =
  /** What is wrong with the configuration, or strange: a hundred at the most. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly kind: 'gateway'; readonly gateway: GatewayPlan }
  /** In the order of the configuration. One that is known already is named by its fingerprint alone. */
  | { readonly kind: 'tenants'; readonly tenants: readonly (TenantPlan | string)[] }
  | { readonly kind: 'end' };

// The weight of a part: handing one over takes about a millisecond.
const MOST = 1000;
const TENANT_WEIGHT = 15;
const SERVICE_WEIGHT = 10;

/** The plan of a configuration. `known`: fingerprints of tenants that the other side has already. */
export function* planParts(config: Config, known: ReadonlySet<string>): Generator<PlanPart> {
  yield { kind: 'gateway', gateway: compileGateway(config) };
  for (const tenants of inParts(tenantsOf(config, known))) yield { kind: 'tenants', tenants };
}

function* tenantsOf(config: Config, known: ReadonlySet<string>): Generator<TenantPlan | string> {
  for (const tenant of config.tenants) {
    const plan = compileTenant(config, tenant);
    yield known.has(plan.fingerprint) ? plan.fingerprint : plan;
  }
}

function weightOf(tenant: TenantPlan | string): number {
  return typeof tenant === 'string' ? 1 : TENANT_WEIGHT + SERVICE_WEIGHT * tenant.services.length;
}

function* inParts(all: Iterable<TenantPlan | string>): Generator<readonly (TenantPlan | string)[]> {
  let part: (TenantPlan | string)[] = [];
  let weight = 0;
  for (const one of all) {
    const own = weightOf(one);
    if (part.length > 0 && weight + own > MOST) {
      yield part;
      part = [];
      weight = 0;
    }
    part.push(one);
    weight += own;
  }
  if (part.length > 0) yield part;
}
