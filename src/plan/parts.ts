// The form in which one process hands a plan to another: parts, each so small that a process that serves can take it in
// between two requests without a pause that anybody notices.
import type { Problem } from '../config/problems.ts';
import { CommonParts } from './common-parts.ts';
import type { GatewayPlan, Plan } from './plan.ts';
import type { TenantPlan } from './tenant-plan.ts';
import { servicesOf } from './pools-of.ts';

export type PlanPart =
  /** Mistakes or warnings, about a hundred at the most. */
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  /** It begins the plan: the tenants follow. */
  | { readonly kind: 'gateway'; readonly gateway: GatewayPlan }
  /** In the order of the configuration. A tenant that the receiver has already is named by its fingerprint alone. */
  | { readonly kind: 'tenants'; readonly tenants: readonly (TenantPlan | string)[] }
  | { readonly kind: 'end' };

// Parts are filled up to this weight. Handing over one of them takes about a millisecond.
const MOST = 1000;
const TENANT_WEIGHT = 15;
const SERVICE_WEIGHT = 10;

/** So much larger are parts for one that serves nobody: what tenants have in common comes once with each. */
export const FOR_ONE_AT_REST = 10;

/** The parts of a plan but for the end. `larger`: by how much than for a process that serves. */
export function* partsOf(
  gateway: GatewayPlan,
  tenants: Iterable<TenantPlan | string>,
  larger = 1,
): Generator<PlanPart> {
  yield { kind: 'gateway', gateway };
  for (const part of inParts(tenants, MOST * larger)) yield { kind: 'tenants', tenants: part };
}

function weightOf(tenant: TenantPlan | string): number {
  return typeof tenant === 'string' ? 1 : TENANT_WEIGHT + SERVICE_WEIGHT * servicesOf(tenant).length;
}

function* inParts(all: Iterable<TenantPlan | string>, most: number): Generator<readonly (TenantPlan | string)[]> {
  let part: (TenantPlan | string)[] = [];
  let weight = 0;
  for (const one of all) {
    const own = weightOf(one);
    if (part.length > 0 && weight + own > most) {
      yield part;
      part = [];
      weight = 0;
    }
    part.push(one);
    weight += own;
  }
  if (part.length > 0) yield part;
}

/** The parts of a plan that have come. */
export class ReceivedPlan {
  private gateway: GatewayPlan | null = null;
  private readonly tenants: TenantPlan[] = [];
  private readonly common = new CommonParts();
  readonly problems: Problem[] = [];

  /** `known`: the tenants that may be named by their fingerprints. */
  constructor(private readonly known: ReadonlyMap<string, TenantPlan>) {}

  /** One that has come as a whole. */
  static of({ gateway, tenants }: Plan): ReceivedPlan {
    const received = new ReceivedPlan(new Map());
    received.gateway = gateway;
    received.tenants.push(...tenants);
    return received;
  }

  /** Null: there is none. */
  get plan(): Plan | null {
    const { gateway, tenants } = this;
    return gateway === null ? null : { gateway, tenants };
  }

  /** False: that was the last one. */
  take(part: PlanPart): boolean {
    switch (part.kind) {
      case 'problems':
        this.problems.push(...part.problems);
        return true;
      case 'gateway':
        this.gateway = part.gateway;
        this.tenants.length = 0;
        return true;
      case 'tenants':
        for (const tenant of part.tenants)
          this.tenants.push(typeof tenant === 'string' ? this.find(tenant) : this.common.in(tenant));
        return true;
      case 'end':
        return false;
    }
  }

  private find(fingerprint: string): TenantPlan {
    const tenant = this.known.get(fingerprint);
    if (tenant === undefined) throw new Error('a part of a plan names a tenant that nobody knows');
    return tenant;
  }
}
