// What a plan changes of the one in force. Pure.
import type { Steps } from '../core/slices.ts';
import { isSameData } from './fingerprint.ts';
import type { GatewayPlan, Plan } from './plan.ts';
import type { ListenerPlan } from './listener-plan.ts';
import type { TenantPlan } from './tenant-plan.ts';

export type Difference = {
  /** What is in force with the new plan. A tenant that is the same is the object of before, so that it is kept once. */
  readonly plan: Plan;
  readonly added: readonly TenantPlan[];
  /** Known by name, and of another fingerprint. */
  readonly changed: readonly TenantPlan[];
  /** By name. */
  readonly removed: readonly string[];
  /** There are other tenants, or the same in another order. */
  readonly changesList: boolean;
  /** Requests may go elsewhere: routes have to be made anew. */
  readonly changesRoutes: boolean;
};

// Tenants that are compared in one step.
const STEP = 256;

export function* difference(before: Plan, after: Plan): Steps<Difference> {
  const added: TenantPlan[] = [];
  const changed: TenantPlan[] = [];
  const tenants: TenantPlan[] = [];
  const search = new Search(before.tenants);
  let changesRoutes = hasOtherPlaces(before.gateway, after.gateway);
  for (const [at, tenant] of after.tenants.entries()) {
    const old = search.find(tenant.name);
    tenants.push(old !== null && old.fingerprint === tenant.fingerprint ? old : tenant);
    if (old === null) added.push(tenant);
    else if (old.fingerprint !== tenant.fingerprint) {
      changed.push(tenant);
      changesRoutes ||= !hasSameRoutes(old, tenant);
    }
    if (at % STEP === 0) yield;
  }
  const removed = yield* removedFrom(before, after, added.length);
  const hasOthers = added.length > 0 || removed.length > 0;
  return {
    plan: { gateway: after.gateway, tenants },
    added,
    changed,
    removed,
    changesList: hasOthers || !search.isInOrder,
    changesRoutes: changesRoutes || hasOthers,
  };
}

function hasOtherPlaces(before: GatewayPlan, after: GatewayPlan): boolean {
  if (before.admin.publicPath !== after.admin.publicPath) return true;
  return !isSameData(before.listeners.map(placeOf), after.listeners.map(placeOf));
}

function placeOf({ name, key, httpsPort }: ListenerPlan): unknown {
  return [name, key, httpsPort];
}

/** Finds tenants by name. Two plans mostly have theirs in the same order: as long as they do, nothing is looked up. */
class Search {
  /** None was found at another place than it was looked for. */
  isInOrder = true;
  private places: ReadonlyMap<string, number> | null = null;
  private next = 0;

  constructor(private readonly tenants: readonly TenantPlan[]) {}

  find(name: string): TenantPlan | null {
    const { tenants } = this;
    if (this.next >= tenants.length || tenants[this.next].name !== name) {
      this.places ??= new Map(tenants.map((tenant, at) => [tenant.name, at]));
      const place = this.places.get(name);
      if (place === undefined) return null;
      this.isInOrder = false;
      this.next = place;
    }
    return tenants[this.next++];
  }
}

// All that are found and not added were there before; so their numbers tell whether one is missing.
function* removedFrom(before: Plan, after: Plan, added: number): Steps<readonly string[]> {
  if (before.tenants.length === after.tenants.length - added) return [];
  const names = new Set<string>();
  for (const [at, { name }] of after.tenants.entries()) {
    names.add(name);
    if (at % STEP === 0) yield;
  }
  return before.tenants.map(({ name }) => name).filter((name) => !names.has(name));
}

function hasSameRoutes(one: TenantPlan, other: TenantPlan): boolean {
  if (one.allowsTrace !== other.allowsTrace || one.stripsPrefix !== other.stripsPrefix) return false;
  if (!isSame(one.domains, other.domains) || !isSame(one.prefixes, other.prefixes)) return false;
  if (!isSame(one.paths, other.paths) || (one.listeners === null) !== (other.listeners === null)) return false;
  return isSame(one.listeners ?? [], other.listeners ?? []);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, at) => text === others[at]);
}
