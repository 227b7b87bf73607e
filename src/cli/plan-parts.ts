// The form in which the reading process hands over a configuration: parts, each so small that a gateway can take it in
// between two requests without a pause that anybody notices.
import type { MadeConfig } from '../config/files.ts';
import type { Problem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import { compileGateway } from '../plan/compile.ts';
import { compileTenant } from '../plan/compile-tenant.ts';
import type { GatewayPlan, TenantPlan } from '../plan/plan.ts';

export type PlanPart =
  /** Mistakes or warnings, about a hundred at the most. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly kind: 'gateway'; readonly gateway: GatewayPlan }
  /** In the order of the configuration. A tenant that the gateway has already is named by its fingerprint alone. */
  | { readonly kind: 'tenants'; readonly tenants: readonly (TenantPlan | string)[] }
  | { readonly kind: 'end' }
  /** What a configuration that is a program exports, where that alone was asked for. */
  | { readonly kind: 'made'; readonly made: MadeConfig };

// Parts are filled up to this weight. Handing over one of them takes about a millisecond.
const MOST = 1000;
const TENANT_WEIGHT = 15;
const SERVICE_WEIGHT = 10;

/** The plan of a configuration. `known`: the fingerprints of the tenants that the gateway has already. */
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
