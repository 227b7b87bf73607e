// Puts plans in force. All that can fail is done first, and touches nothing that serves; then the routes change at once,
// and after them the tenants that differ, one by one. Nothing is done to a tenant whose plan is the same.
import { errorOf } from '../core/error-of.ts';
import { type Steps, atOnce } from '../core/slices.ts';
import type { Destination, Snapshot, SnapshotStore } from '../forward/snapshot.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import { type Difference, difference } from '../plan/difference.ts';
import type { GatewayPlan, Plan, TenantPlan } from '../plan/plan.ts';
import { Router } from '../route/router.ts';
import { Resident, type ResidentTools, type Version } from './resident.ts';

export type ApplyTools = ResidentTools & {
  readonly store: SnapshotStore;
  /** The admin API, as it answers on the listeners of clients. */
  readonly admin: LocalHandler;
  /** Told of what goes wrong where nothing can be taken back any more. */
  readonly reportBug: (error: Error) => void;
};

type Residents = ReadonlyMap<string, Resident>;

/** What is in force, and the one way to change it. */
export class InForce {
  private current: Plan;
  private residents: Residents = new Map();

  /** Without tenants; the first plan brings them. */
  constructor(
    gateway: GatewayPlan,
    private readonly tools: ApplyTools,
  ) {
    this.current = { gateway, tenants: [] };
    tools.store.swap({ router: atOnce(this.route(this.current, this.residents)), sites: [] });
  }

  get plan(): Plan {
    return this.current;
  }

  /** Puts a plan in force, in steps between which the gateway may serve. If one of them throws, the plan of before is in
   * force again. Only one at a time: the next may begin when all steps of this one are done. */
  *apply(next: Plan): Steps<Difference> {
    const change = yield* difference(this.current, next);
    const { residents, tools } = this;
    // How to take back what has been done, the latest last.
    const undo: (() => void)[] = [];
    try {
      const versions = yield* this.prepare(change.changed);
      const nextResidents = yield* this.settle(change);
      const { router, sites } = tools.store.current;
      const snapshot = {
        router: change.changesRoutes ? yield* this.route(next, nextResidents) : router,
        sites: change.changesList ? yield* list(next, nextResidents) : sites,
      };
      yield* this.open(change.added, nextResidents, undo);
      this.swap(change.plan, nextResidents, snapshot, undo);
      yield* this.takeOver(versions, undo);
    } catch (error) {
      for (const step of undo.toReversed()) {
        this.guard(step);
        yield;
      }
      throw error;
    }
    for (const name of change.removed) {
      this.guard(() => residents.get(name)?.close());
      yield;
    }
    return change;
  }

  // What changes, made and not yet at work.
  private *prepare(changed: readonly TenantPlan[]): Steps<ReadonlyMap<Resident, Version>> {
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

  private *route({ gateway, tenants }: Plan, residents: Residents): Steps<Router<Destination>> {
    const rules = tenants.reduce((count, { domains }) => count + Math.max(1, domains.length), 0);
    const router = new Router<Destination>(rules);
    const { publicPath } = gateway.admin;
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

function addRoutes(router: Router<Destination>, plan: TenantPlan, site: Resident): void {
  const prefix = plan.pathPrefix;
  const strip = prefix === null ? 0 : prefix.length - 1;
  const hosts = plan.domains.length === 0 ? [null] : plan.domains;
  const destination: Destination = { kind: 'tenant', site, strip, allowsTrace: plan.allowsTrace };
  for (const host of hosts) router.add({ host, prefix }, destination);
}
