// Finds where the traffic of tenants and backends is counted, by their names.
import type { GatewayCells } from '../core/gateway-cells.ts';
import { FIRST_TENANT, OTHER_BACKENDS } from '../core/series-layout.ts';
import { type Site, type Snapshot, type SnapshotStore, backendsOf } from '../forward/snapshot.ts';
import type { TotalsReader } from '../core/traffic-totals.ts';
import { type SeriesFinder, totalsReader } from '../observe/metrics/totals.ts';

/** Reads what all processes have counted. */
export function trafficTotals({ traffic }: Pick<GatewayCells, 'traffic'>, store: SnapshotStore): TotalsReader {
  return totalsReader(traffic, seriesFinder(store));
}

/** Finds the records of tenants and backends. */
function seriesFinder(store: SnapshotStore): SeriesFinder {
  const names = new SiteNames(store);
  return {
    ofTenant(name) {
      const series = names.find(name)?.current.pools[0]?.pool.numbers.series ?? 0;
      return series < FIRST_TENANT ? null : series;
    },
    ofBackend(tenant, name) {
      const site = names.find(tenant);
      const backend = site === null ? undefined : backendsOf(site.current).find((one) => one.name === name);
      const series = backend?.traffic.series ?? OTHER_BACKENDS;
      return series === OTHER_BACKENDS ? null : series;
    },
  };
}

/** Tenants by their names. Whoever reads ten thousand of them must not look through all for each. */
class SiteNames {
  private sites: Snapshot['sites'] = [];
  private byName: ReadonlyMap<string, Site> = new Map();

  constructor(private readonly store: SnapshotStore) {}

  find(name: string): Site | null {
    const { sites } = this.store.current;
    if (sites !== this.sites) {
      this.sites = sites;
      this.byName = new Map(sites.map((site) => [site.current.name, site]));
    }
    return this.byName.get(name) ?? null;
  }
}
