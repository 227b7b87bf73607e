// Gives a pool its backends: the fixed ones, and those that watched names lead to at the moment.
import type { Millis } from '../core/units.ts';
import type { DiscoverySpec, Endpoint, HostSpec } from '../discovery/contract.ts';
import type { AddressBook, AddressChange } from '../discovery/address-book.ts';
import type { Names, WatchStatus } from '../discovery/names.ts';
import { endpointBackend } from '../plan/backends.ts';
import type { BackendPlan, ServicePlan } from '../plan/pool-plan.ts';
import type { Unresolved } from './none-eligible.ts';
import type { Pool } from './pool.ts';

const NONE: readonly never[] = [];

/** How a service with a watched name stands. */
export type NameStatus = WatchStatus & { readonly service: string; readonly name: string; readonly endpoints: number };

/** Keeps the members of one pool. */
export class Members {
  private services: readonly ServicePlan[] = [];
  private leave: readonly (() => void)[] = NONE;

  constructor(
    private readonly pool: Pool,
    private readonly discovery: Names,
    private readonly book: AddressBook,
  ) {}

  /** Opens the pool for these services. Backends that it has already and that are meant here as well stay. */
  use(services: readonly ServicePlan[]): void {
    const leaveOld = this.leave;
    this.services = services;
    this.leave = services.some(hasName) ? this.watch(services) : NONE;
    // Only what a reload takes away has a limit: a name may lose an address for a moment.
    this.update(this.pool.options.removedTimeout);
    // The old names are left after the new ones are watched, so that a name in both keeps its answer.
    for (const leave of leaveOld) leave();
  }

  private watch(services: readonly ServicePlan[]): readonly (() => void)[] {
    const { tenant } = this.pool.options;
    const leave: (() => void)[] = [];
    for (const { discovery } of services) {
      if (discovery !== null) leave.push(this.discovery.subscribe(discovery, tenant, () => this.update()));
    }
    for (const host of hostsOf(services)) {
      leave.push(this.book.keep(host, tenant, (change) => this.moved(host, change)));
    }
    return leave;
  }

  // Its backends are probed from the first answer on.
  private moved(host: HostSpec, change: AddressChange): void {
    this.update();
    this.pool.moved(host.name, change);
  }

  names(): readonly NameStatus[] {
    return this.services.flatMap(({ backend, discovery }) => {
      const status = discovery === null ? null : this.discovery.status(discovery);
      if (discovery === null || status === null) return [];
      const endpoints = this.endpointsOf(discovery)?.length ?? 0;
      return [{ ...status, service: backend.name, name: discovery.name, endpoints }];
    });
  }

  private update(leaveWithin: Millis | null = null): void {
    const backends: BackendPlan[] = [];
    for (const service of this.services) {
      if (service.discovery === null) backends.push(service.backend);
      else backends.push(...this.backendsOf(service, service.discovery));
    }
    this.pool.open(backends, this.unresolved(), leaveWithin);
  }

  private backendsOf(service: ServicePlan, discovery: DiscoverySpec): readonly BackendPlan[] {
    return (this.endpointsOf(discovery) ?? []).map((endpoint) => endpointBackend(service, endpoint));
  }

  private endpointsOf(spec: DiscoverySpec): readonly Endpoint[] | null {
    return this.discovery.current(spec);
  }

  private unresolved(): readonly Unresolved[] {
    if (!this.services.some(hasName)) return NONE;
    const discovered = this.services.flatMap(({ backend, discovery }) => {
      if (discovery === null || this.endpointsOf(discovery) !== null) return [];
      const why = (): string => this.discovery.status(discovery)?.detail ?? 'no answer yet';
      return [this.missing(discovery, () => `${backend.name}: ${discovery.name} is not resolved: ${why()}`)];
    });
    const hosts = hostsOf(this.services).filter((host) => this.discovery.current(host) === null);
    return [...discovered, ...hosts.map((host) => this.missing(host, () => null))];
  }

  private missing(spec: DiscoverySpec, describe: () => string | null): Unresolved {
    return {
      isPending: () => this.discovery.status(spec)?.state === 'resolving',
      describe,
      hasten: () => this.discovery.doubt(spec),
    };
  }
}

/** Services without names have nothing to be resolved. Of ten thousand tenants most have only such. */
function hasName({ backend: { host, check }, discovery }: ServicePlan): boolean {
  return discovery !== null || host !== null || (check !== null && check.host !== null);
}

/** The named hosts that services and their checks connect to, each once. */
function hostsOf(services: readonly ServicePlan[]): readonly HostSpec[] {
  if (!services.some(hasName)) return NONE;
  const hosts = services.flatMap(({ backend }) => [backend.host, backend.check?.host ?? null]);
  const byName = new Map(hosts.flatMap((host) => (host === null ? [] : [[host.name, host]])));
  return [...byName.values()];
}
