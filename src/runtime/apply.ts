// Puts plans in force, in two phases, so that several processes can change together or not at all. All that can fail is
// prepared first, and touches nothing that serves; then the routes change at once, and after them the tenants that differ,
// one by one. Nothing is done to a tenant whose plan is the same.
import { errorOf } from '../core/error-of.ts';
import { type Steps, atOnce } from '../core/slices.ts';
import type { Destination, Snapshot, SnapshotStore } from '../forward/snapshot.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import { type Difference, difference } from '../plan/difference.ts';
import type { GatewayPlan, Plan } from '../plan/plan.ts';
import type { TenantPlan } from '../plan/tenant-plan.ts';
import { Router } from '../route/router.ts';
import { type Matches, rulesOf } from '../route/rules.ts';
import type { NamedSwitch } from './policy-switches.ts';
import type { Purge } from '../policies/contract.ts';
import { Resident, type ResidentTools, type Version } from './resident.ts';

export type ApplyTools = ResidentTools & {
  readonly store: SnapshotStore;
  /** The admin API, as it answers on the listeners of clients. */
  readonly admin: LocalHandler;
  /** Told of what goes wrong where nothing can be taken back any more. */
  readonly reportBug: (error: Error) => void;
};

type Residents = ReadonlyMap<string, Resident>;

/** A plan with all that it needs, made and not yet at work. It comes to `commit` or to `drop`. */
export type PreparedChange = {
  readonly change: Difference;
  /** Puts it in force, in steps that cannot fail but for a bug. */
  commit(): Steps<void>;
  /** It will not be put in force. */
  drop(): void;
};

type Ready = Pick<PreparedChange, 'change'> & {
  readonly versions: ReadonlyMap<Resident, Version>;
  readonly residents: Residents;
  readonly snapshot: Snapshot;
};

/** What is in force, and the one way to change it. */
export class InForce {
  private current: Plan;
  private residents: Residents = new Map();

  /** Without tenants; the first plan brings them. */
  constructor(
    first: GatewayPlan,
    private readonly tools: ApplyTools,
  ) {
    this.current = { gateway: first, tenants: [] };
    tools.store.swap({ ...atOnce(this.route(this.current, this.residents)), planNumber: 0, sites: [] });
  }

  get plan(): Plan {
    return this.current;
  }

  /** Makes all that a plan needs, in steps between which the gateway may serve. All that can fail fails here, by throwing,
   * and nothing that serves has changed then. One change at a time: the next may be prepared when this one is in force or
   * dropped. */
  *prepare(next: Plan): Steps<PreparedChange> {
    const change = yield* difference(this.current, next);
    const versions = yield* this.makeVersions(change.changed);
    const residents = yield* this.settle(change);
    const { sites, planNumber: _, ...routes } = this.tools.store.current;
    const snapshot = {
      planNumber: next.gateway.number,
      ...(change.changesRoutes ? yield* this.route(next, residents) : routes),
      sites: change.changesList ? yield* list(next, residents) : sites,
    };
    const ready = { change, versions, residents, snapshot };
    return { change, commit: () => this.commit(ready), drop: () => this.drop(ready) };
  }

  /** Prepares a plan and puts it in force. */
  *apply(next: Plan): Steps<Difference> {
    const prepared = yield* this.prepare(next);
    yield* prepared.commit();
    return prepared.change;
  }

  // What was made would go on by itself otherwise.
  private drop({ change, versions, residents }: Ready): void {
    for (const [resident, version] of versions) resident.drop(version);
    for (const { name } of change.added) residents.get(name)?.rest();
  }

  /** What operators may turn on and off of a tenant; empty: nothing, or there is no such tenant. */
  switchesOf(tenant: string): readonly NamedSwitch[] {
    const policies = this.residents.get(tenant)?.policies ?? [];
    return policies.flatMap(({ plan, type, policy }) =>
      policy.switch === undefined ? [] : { policy: plan.name ?? type, switch: policy.switch },
    );
  }

  /** Has the policies of a tenant forget answers. Returns how many of them keep any. */
  purge(tenant: string, what: Purge): number {
    const keeping = (this.residents.get(tenant)?.policies ?? []).filter(({ policy }) => policy.purge !== undefined);
    for (const { policy } of keeping) policy.purge?.(what);
    return keeping.length;
  }

  /** Policies do nothing by themselves any more. */
  rest(): void {
    for (const resident of this.residents.values()) resident.rest();
  }

  // A step that throws is a bug. What was in force before the change is so again then.
  private *commit({ change, versions, residents, snapshot }: Ready): Steps<void> {
    const before = this.residents;
    // How to take back what has been done, the latest last.
    const undo: (() => void)[] = [];
    try {
      yield* this.open(change.added, residents, undo);
      this.swap(change.plan, residents, snapshot, undo);
      yield* this.takeOver(versions, undo);
    } catch (error) {
      for (const step of undo.toReversed()) {
        this.guard(step);
        yield;
      }
      throw error;
    }
    for (const name of change.removed) {
      this.guard(() => before.get(name)?.close());
      yield;
    }
  }

  // What changes, made and not yet at work.
  private *makeVersions(changed: readonly TenantPlan[]): Steps<ReadonlyMap<Resident, Version>> {
    const versions = new Map<Resident, Version>();
    for (const plan of changed) {
      const resident = residentOf(this.residents, plan);
      versions.set(resident, resident.prepare(plan));
      yield;
    }
    return versions;
  }

  // Those who stay, and those who are new, made and not yet at work.
  private *settle({ added, removed }: Difference): Steps<Residents> {
    if (added.length === 0 && removed.length === 0) return this.residents;
    const residents = new Map(this.residents);
    for (const name of removed) residents.delete(name);
    for (const plan of added) {
      residents.set(plan.name, Resident.of(plan, this.tools));
      yield;
    }
    return residents;
  }

  // Listeners share their routes unless tenants name them.
  private *route(next: Plan, residents: Residents): Steps<Omit<Snapshot, 'sites' | 'planNumber'>> {
    const router = yield* this.routesOf(next, residents, null);
    const known = new Map(next.gateway.listeners.map(({ key, name, httpsPort }) => [key, { name, httpsPort }]));
    const byListener = new Map<string, Router<Destination>>();
    for (const name of new Set(next.tenants.flatMap(({ listeners }) => listeners ?? [])))
      byListener.set(name, yield* this.routesOf(next, residents, name));
    return { router, byListener, listeners: known, httpsPort: null };
  }

  // Null: of listeners that no tenant names.
  private *routesOf(next: Plan, residents: Residents, listener: string | null): Steps<Router<Destination>> {
    const { publicPath } = next.gateway.admin;
    const tenants = next.tenants.filter(({ listeners }) => isServedOn(listeners, listener));
    const router = new Router<Destination>(tenants.reduce((count, tenant) => count + ruleCount(tenant), 0));
    if (publicPath !== null)
      router.reserve(publicPath, { kind: 'local', handler: this.tools.admin, allowsTrace: false });
    for (const plan of tenants) {
      addRoutes(router, plan, residentOf(residents, plan));
      yield;
    }
    return router;
  }

  // While no route leads to them.
  private *open(added: readonly TenantPlan[], residents: Residents, undo: (() => void)[]): Steps<void> {
    for (const plan of added) {
      const resident = residentOf(residents, plan);
      undo.push(() => resident.close());
      resident.open();
      yield;
    }
  }

  private swap(next: Plan, residents: Residents, snapshot: Snapshot, undo: (() => void)[]): void {
    const { store } = this.tools;
    const before = { plan: this.current, residents: this.residents, snapshot: store.current };
    undo.push(() => {
      this.current = before.plan;
      this.residents = before.residents;
      store.swap(before.snapshot);
    });
    this.current = next;
    this.residents = residents;
    store.swap(snapshot);
  }

  private *takeOver(versions: ReadonlyMap<Resident, Version>, undo: (() => void)[]): Steps<void> {
    for (const [resident, version] of versions) {
      const before = resident.present;
      undo.push(() => resident.takeOver(before));
      resident.takeOver(version);
      yield;
    }
  }

  // A bug in what cannot be taken back must not keep the rest from being done.
  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.tools.reportBug(errorOf(error));
    }
  }
}

function* list({ tenants }: Plan, residents: Residents): Steps<readonly Resident[]> {
  const sites: Resident[] = [];
  for (const plan of tenants) {
    sites.push(residentOf(residents, plan));
    yield;
  }
  return sites;
}

function residentOf(residents: Residents, { name }: TenantPlan): Resident {
  const resident = residents.get(name);
  if (resident === undefined) throw new Error(`there is no tenant ${name}`);
  return resident;
}

function isServedOn(listeners: readonly string[] | null, listener: string | null): boolean {
  return listeners === null || (listener !== null && listeners.includes(listener));
}

function ruleCount({ domains, prefixes, paths }: Matches): number {
  return Math.max(1, domains.length) * Math.max(1, prefixes.length + paths.length);
}

function addRoutes(router: Router<Destination>, plan: TenantPlan, site: Resident): void {
  const { allowsTrace, stripsPrefix } = plan;
  for (const rule of rulesOf(plan)) {
    // The slash at the end of the prefix is the first of what goes on.
    const strip = rule.prefix === null || !stripsPrefix ? 0 : rule.prefix.length - 1;
    router.add(rule, { kind: 'tenant', site, strip, allowsTrace });
  }
}
