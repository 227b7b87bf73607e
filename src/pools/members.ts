// Gives a pool its backends: the fixed ones, and those that watched names lead to at the moment.
import type { DiscoverySpec, Endpoint } from '../discovery/contract.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { WatchStatus } from '../discovery/watch.ts';
import { endpointBackend } from '../plan/backends.ts';
import type { BackendPlan, ServicePlan } from '../plan/plan.ts';
import type { Pool, Unresolved } from './pool.ts';

/** How a service with a watched name stands. */
export type NameStatus = WatchStatus & { readonly service: string; readonly name: string; readonly endpoints: number };

/** Keeps the members of one pool. */
export class Members {
  private services: readonly ServicePlan[] = [];
  private readonly leave: (() => void)[] = [];

  constructor(
    private readonly pool: Pool,
    private readonly discovery: Discovery,
  ) {}

  /** Opens the pool for these services. Backends that it has already and that are meant here as well stay. */
  use(services: readonly ServicePlan[]): void {
    const leaveOld = this.leave.splice(0);
    this.services = services;
    for (const { discovery } of services) {
      if (discovery !== null) this.leave.push(this.discovery.subscribe(discovery, () => this.update()));
    }
    this.update();
    // The old names are left after the new ones are watched, so that a name in both keeps its answer.
    for (const leave of leaveOld) leave();
  }

  names(): readonly NameStatus[] {
    return this.services.flatMap(({ backend, discovery }) => {
      const status = discovery === null ? null : this.discovery.status(discovery);
      if (discovery === null || status === null) return [];
      const endpoints = this.endpointsOf(discovery)?.length ?? 0;
      return [{ ...status, service: backend.name, name: discovery.name, endpoints }];
    });
  }

  private update(): void {
    this.pool.open(
      this.services.flatMap((service) => this.backendsOf(service)),
      this.unresolved(),
    );
  }

  private backendsOf(service: ServicePlan): readonly BackendPlan[] {
    const { backend, discovery } = service;
    if (discovery === null) return [backend];
    return (this.endpointsOf(discovery) ?? []).map((endpoint) => endpointBackend(service, endpoint));
  }

  private endpointsOf(spec: DiscoverySpec): readonly Endpoint[] | null {
    return this.discovery.current(spec);
  }

  private unresolved(): readonly Unresolved[] {
    return this.services.flatMap(({ backend, discovery }) => {
      if (discovery === null || this.endpointsOf(discovery) !== null) return [];
      const status = (): WatchStatus | null => this.discovery.status(discovery);
      return [
        {
          isPending: () => status()?.state === 'resolving',
          describe: () => `${backend.name}: ${discovery.name} is not resolved: ${status()?.detail ?? 'no answer yet'}`,
        },
      ];
    });
  }
}
