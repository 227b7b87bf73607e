// Counts, in a process that serves, which tenants, paths and clients its requests are of: as long as somebody wants to know, and
// for the whole or for one tenant as they want it. Otherwise nobody is told of exchanges here.
import { type Counted, SpaceSaving } from '../../core/space-saving.ts';
import { latin1 } from '../../message/bytes.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../message/record.ts';

/** A tenant's name; null: the whole gateway. */
export type Scope = string | null;

/** What is to be counted. `places`: of each list. */
export type TopWanted = { readonly scopes: readonly Scope[]; readonly places: number };

export type CountedTop = {
  readonly scope: Scope;
  readonly requests: number;
  readonly tenants: Counted;
  /** Keys of `pathKey`. */
  readonly paths: Counted;
  readonly clients: Counted;
};

// Of a path that a client has made long on purpose.
const LONGEST_PATH = 200;
/** Between the tenant, whose name has no such character, and the path. */
const BETWEEN = ' ';

export function readPathKey(key: string): { readonly tenant: string | null; readonly path: string } {
  const at = key.indexOf(BETWEEN);
  return { tenant: at === 0 ? null : key.slice(0, at), path: key.slice(at + 1) };
}

export class TopTap implements ExchangeObserver {
  readonly wantsAttempts = false;
  /** Called when it begins or ends to count. */
  changed: () => void = () => undefined;
  private counters: readonly TopCounter[] = [];

  /** Without it, it need not be told of exchanges. */
  get isOn(): boolean {
    return this.counters.length > 0;
  }

  /** Counts this from here on. */
  want({ scopes, places }: TopWanted): void {
    const wasOn = this.isOn;
    const before = this.counters;
    this.counters = scopes.map(
      (scope) =>
        before.find((counter) => counter.scope === scope && counter.places === places) ?? new TopCounter(scope, places),
    );
    if (this.isOn !== wasOn) this.changed();
  }

  exchangeEnded({ tenantName, failure, request, client }: ExchangeRecord): void {
    // What the gateway answers for itself is no traffic, and what is no request has no path.
    if (request === null || (tenantName === null && failure === null)) return;
    let path: string | null = null;
    for (const counter of this.counters) {
      if (counter.scope !== null && counter.scope !== tenantName) continue;
      const { bytes, pathStart, pathEnd } = request;
      path ??= (tenantName ?? '') + BETWEEN + latin1(bytes, pathStart, Math.min(pathEnd, pathStart + LONGEST_PATH));
      counter.add(tenantName, path, client.address);
    }
  }

  attemptEnded(): void {}

  /** What has been counted since the last call. */
  drain(): readonly CountedTop[] {
    return this.counters.flatMap((counter) => (counter.requests === 0 ? [] : [counter.take()]));
  }
}

class TopCounter {
  requests = 0;
  private readonly tenants: SpaceSaving;
  private readonly paths: SpaceSaving;
  private readonly clients: SpaceSaving;

  constructor(
    readonly scope: Scope,
    readonly places: number,
  ) {
    this.tenants = new SpaceSaving(places);
    this.paths = new SpaceSaving(places);
    this.clients = new SpaceSaving(places);
  }

  add(tenant: string | null, path: string, client: string): void {
    this.requests++;
    if (tenant !== null) this.tenants.add(tenant);
    this.paths.add(path);
    this.clients.add(client);
  }

  take(): CountedTop {
    const { scope, requests } = this;
    this.requests = 0;
    const [tenants, paths, clients] = [this.tenants.take(), this.paths.take(), this.clients.take()];
    return { scope, requests, tenants, paths, clients };
  }
}
