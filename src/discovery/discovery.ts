// All names under watch. Who asks for the same in the same way shares one watch.
import type { Millis } from '../core/units.ts';
import { boundLookup } from './bounds.ts';
import type { DiscoverySpec, Endpoint } from './contract.ts';
import { NameWatch, type WatchStatus, type WatchSurroundings } from './watch.ts';

// A gateway with a thousand names must not flood the server that it asks, nor run out of sockets.
const CONCURRENT = 16;

export type DiscoveryListener = (endpoints: readonly Endpoint[]) => void;

type Shared = { readonly watch: NameWatch; readonly subscriptions: Set<Subscription> };
// An object of its own for each, since one listener may subscribe twice.
type Subscription = { readonly listener: DiscoveryListener };

/** Owns all watches of a gateway. */
export class Discovery {
  private readonly watches = new Map<string, Shared>();
  private readonly around: WatchSurroundings;

  constructor(around: WatchSurroundings & { readonly timeout: Millis }) {
    const { lookup, clock, random, timeout } = around;
    this.around = { lookup: boundLookup(lookup, { clock, timeout, concurrent: CONCURRENT }), clock, random };
  }

  /** Watches a name until the returned function is called. `listener` hears of every change that comes later; what is
   * known already has `current`. A reload that subscribes anew before it unsubscribes keeps the watch and its answer. */
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

  /** The last good answer; null: there has been none, or nobody watches the name. */
  current(spec: DiscoverySpec): readonly Endpoint[] | null {
    return this.watches.get(keyOf(spec))?.watch.endpoints ?? null;
  }

  /** Null: nobody watches the name. */
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
    const shared: Shared = { watch: new NameWatch(spec, this.around, tell), subscriptions };
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
