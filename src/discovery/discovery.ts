// All watched names. Equal specs share one watch.
import type { Millis } from '../core/units.ts';
import { boundLookup } from './bounds.ts';
import type { DiscoverySpec, Endpoint } from './contract.ts';
import { NameWatch, type WatchStatus, type WatchTools } from './watch.ts';

// A gateway with a thousand names must neither flood its DNS server nor run out of sockets.
const CONCURRENT = 16;

export type DiscoveryListener = (endpoints: readonly Endpoint[]) => void;

type Shared = { readonly watch: NameWatch; readonly subscriptions: Set<Subscription> };
// An object for each subscription, since one listener may subscribe twice.
type Subscription = { readonly listener: DiscoveryListener };

/** Owns all watches of a gateway. */
export class Discovery {
  private readonly watches = new Map<string, Shared>();
  private readonly tools: WatchTools;

  constructor({ lookup, clock, random, timeout }: WatchTools & { readonly timeout: Millis }) {
    this.tools = { lookup: boundLookup(lookup, { clock, timeout, concurrent: CONCURRENT }), clock, random };
  }

  /** Watches a name until the returned function is called. `listener` is told of later changes; `current` gives what is
   * known now. A reload must subscribe anew before it unsubscribes, so that the watch and its answer stay. */
  subscribe(spec: DiscoverySpec, listener: DiscoveryListener): () => void {
    const key = keyOf(spec);
    const shared = this.watches.get(key) ?? this.open(key, spec);
    const subscription = { listener };
    shared.subscriptions.add(subscription);
    return () => {
      shared.subscriptions.delete(subscription);
      if (shared.subscriptions.size === 0) this.end(key, shared);
    };
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

  private open(key: string, spec: DiscoverySpec): Shared {
    const subscriptions = new Set<Subscription>();
    const tell = (endpoints: readonly Endpoint[]): void => {
      for (const subscription of subscriptions) subscription.listener(endpoints);
    };
    const shared: Shared = { watch: new NameWatch(spec, this.tools, tell), subscriptions };
    this.watches.set(key, shared);
    return shared;
  }

  private end(key: string, shared: Shared): void {
    shared.watch.close();
    if (this.watches.get(key) === shared) this.watches.delete(key);
  }
}

function keyOf(spec: DiscoverySpec): string {
  const port = spec.kind === 'srv' ? null : spec.port;
  return JSON.stringify([spec.kind, spec.name, port, spec.family, spec.minTtl, spec.maxTtl]);
}
