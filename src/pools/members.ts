// The backends of a tenant as its services name them: fixed ones, and those that a name leads to at the moment.
import { resolveDiscovery } from '../config/resolve.ts';
import type { Config, ServiceConfig, TenantConfig } from '../config/schema.ts';
import type { DiscoverySpec, Endpoint } from '../discovery/contract.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { WatchStatus } from '../discovery/watch.ts';
import { Backend, type BackendOptions } from './backend.ts';
import type { Pool, Unresolved } from './pool.ts';
import { endpointOptions, serviceOptions } from './backend-options.ts';

type Source = { readonly service: ServiceConfig; readonly spec: DiscoverySpec | null };

/** A service whose name is watched, as it stands. */
export type NameStatus = WatchStatus & { readonly service: string; readonly name: string; readonly endpoints: number };

/** Keeps the members of one pool. */
export class Members {
  private readonly sources: readonly Source[];
  private readonly leave: (() => void)[] = [];

  constructor(
    config: Config,
    private readonly tenant: TenantConfig,
    private readonly pool: Pool,
    private readonly discovery: Discovery,
  ) {
    this.sources = tenant.services.map((service) => ({ service, spec: resolveDiscovery(config, service) }));
  }

  /** Opens the pool. Of the members that it has, those that are meant here as well stay. */
  open(): void {
    for (const { spec } of this.sources) {
      if (spec !== null) this.leave.push(this.discovery.subscribe(spec, () => this.update()));
    }
    this.update();
  }

  /** The names are not watched for this pool any more. */
  close(): void {
    for (const leave of this.leave.splice(0)) leave();
  }

  names(): readonly NameStatus[] {
    return this.sources.flatMap(({ service, spec }) => {
      const status = spec === null ? null : this.discovery.status(spec);
      if (spec === null || status === null) return [];
      return [{ ...status, service: service.name, name: spec.name, endpoints: this.endpointsOf(spec)?.length ?? 0 }];
    });
  }

  private update(): void {
    const { pool } = this;
    const byIdentity = new Map(pool.backends.map((backend) => [backend.options.identity, backend]));
    const options = this.sources.flatMap((source) => this.optionsOf(source));
    const members = options.map((one) => carryOver(byIdentity.get(one.identity), one) ?? new Backend(one, pool));
    pool.open(members, this.unresolved());
  }

  private optionsOf({ service, spec }: Source): readonly BackendOptions[] {
    if (spec === null) return [serviceOptions(this.tenant, service)];
    return (this.endpointsOf(spec) ?? []).map((endpoint) => endpointOptions(this.tenant, service, endpoint));
  }

  private endpointsOf(spec: DiscoverySpec): readonly Endpoint[] | null {
    return this.discovery.current(spec);
  }

  private unresolved(): readonly Unresolved[] {
    return this.sources.flatMap(({ service, spec }) => {
      if (spec === null || this.endpointsOf(spec) !== null) return [];
      const status = (): WatchStatus | null => this.discovery.status(spec);
      return [
        {
          isPending: () => status()?.state === 'resolving',
          describe: () => `${service.name}: ${spec.name} is not resolved: ${status()?.detail ?? 'no answer yet'}`,
        },
      ];
    });
  }
}

function carryOver(known: Backend | undefined, options: BackendOptions): Backend | null {
  known?.reconfigure(options);
  return known ?? null;
}
