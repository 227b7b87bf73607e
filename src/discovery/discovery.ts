// All watched names. Equal specs share one watch.
import { type BoundLookup, BoundLookups, type LookupBounds } from './bounds.ts';
import type { DiscoverySpec, Endpoint } from './contract.ts';
import { NameWatch, type WatchStatus, type WatchTools } from './watch.ts';

export type DiscoveryListener = (endpoints: readonly Endpoint[]) => void;

type Shared = {
  readonly watch: NameWatch;
  readonly lookup: BoundLookup;
  readonly subscriptions: Set<Subscription>;
};
// An object for each subscription, since one listener may subscribe twice.
type Subscription = { readonly asker: string; readonly listener: DiscoveryListener };

/** Owns all watches of a gateway. */
export class Discovery {
  private readonly watches = new Map<string, Shared>();
  private readonly lookups: BoundLookups;

  constructor(private readonly tools: WatchTools & Pick<LookupBounds, 'timeout' | 'limits'>) {
    this.lookups = new BoundLookups(tools.lookup, tools);
  }

  /** Watches a name on behalf of `asker`, a tenant, until the returned function is called. `listener` is told of later
   * changes; `current` gives what is known now. A reload must subscribe anew before it unsubscribes, so that the watch and
   * its answer stay. */
  subscribe(spec: DiscoverySpec, asker: string, listener: DiscoveryListener): () => void {
    const key = keyOf(spec);
    const shared = this.watches.get(key) ?? this.open(key, spec, asker);
    const subscription = { asker, listener };
    shared.subscriptions.add(subscription);
    shared.lookup.join(asker);
    return () => {
      shared.subscriptions.delete(subscription);
      if (shared.subscriptions.size === 0) this.end(key, shared);
      else if (![...shared.subscriptions].some((other) => other.asker === asker)) shared.lookup.leave(asker);
    };
  }

  /** There is reason to believe that the name leads elsewhere by now: it is resolved again as soon as it may be. */
  doubt(spec: DiscoverySpec): void {
    this.watches.get(keyOf(spec))?.watch.doubt();
  }

  /** The last good answer; null: there has been none, or the name is not watched. */
  current(spec: DiscoverySpec): readonly Endpoint[] | null {
    return this.watches.get(keyOf(spec))?.watch.endpoints ?? null;
  }

  /** Null: the name is not watched. */
  status(spec: DiscoverySpec): WatchStatus | null {
    return this.watches.get(keyOf(spec))?.watch.status ?? null;
  }

  /** Ends every watch. */
  close(): void {
    for (const [key, shared] of this.watches) this.end(key, shared);
  }

  private open(key: string, spec: DiscoverySpec, asker: string): Shared {
    const subscriptions = new Set<Subscription>();
    const tell = (endpoints: readonly Endpoint[]): void => {
      // Whoever is told may leave, or come.
      for (const subscription of Array.from(subscriptions)) subscription.listener(endpoints);
    };
    const { clock, random } = this.tools;
    const lookup = this.lookups.for(asker);
    const shared: Shared = { watch: new NameWatch(spec, { lookup, clock, random }, tell), lookup, subscriptions };
    this.watches.set(key, shared);
    return shared;
  }

  private end(key: string, shared: Shared): void {
    shared.watch.close();
    if (this.watches.get(key) === shared) this.watches.delete(key);
  }
}

function keyOf(spec: DiscoverySpec): string {
  const port = spec.kind === 'addresses' ? spec.port : null;
  return JSON.stringify([spec.kind, spec.name, port, spec.family, spec.minTtl, spec.maxTtl]);
}
