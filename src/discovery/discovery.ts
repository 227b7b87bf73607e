// All watched names. Equal specs share one watch.
import { type BoundLookup, BoundLookups, type LookupBounds } from './bounds.ts';
import type { Millis } from '../core/units.ts';
import type { DiscoverySpec, Endpoint, Lookup } from './contract.ts';
import { type NameNews, type Names, type NamesListener, type WatchStatus, keyOf } from './names.ts';
import { NameWatch, type WatchTools } from './watch.ts';

type Shared = {
  readonly watch: NameWatch;
  readonly lookup: BoundLookup;
  readonly subscriptions: Set<Subscription>;
};
// An object for each subscription, since one listener may subscribe twice.
type Subscription = { readonly asker: string; readonly listener: NamesListener };

export type DiscoveryTools = WatchTools &
  Pick<LookupBounds, 'timeout' | 'limits'> & {
    /** Told of each watch that begins, changes or ends, after those who have subscribed. */
    readonly tellNews?: (news: NameNews) => void;
  };

/** Owns all watches of a gateway. */
export class Discovery implements Names {
  private readonly watches = new Map<string, Shared>();
  private readonly lookups: BoundLookups;

  constructor(private readonly tools: DiscoveryTools) {
    this.lookups = new BoundLookups(tools.lookup, tools);
  }

  subscribe(spec: DiscoverySpec, asker: string, listener: NamesListener): () => void {
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

  doubt(spec: DiscoverySpec): void {
    this.watches.get(keyOf(spec))?.watch.doubt();
  }

  current(spec: DiscoverySpec): readonly Endpoint[] | null {
    return this.watches.get(keyOf(spec))?.watch.endpoints ?? null;
  }

  status(spec: DiscoverySpec): WatchStatus | null {
    return this.watches.get(keyOf(spec))?.watch.status ?? null;
  }

  /** Questions from here on are asked in this way. Names are asked for again as soon as they may be: what another server
   * says of them is not known yet. */
  askBy(lookup: Lookup, timeout: Millis): void {
    this.lookups.askBy(lookup, timeout);
    for (const { watch } of this.watches.values()) watch.doubt();
  }

  close(): void {
    for (const [key, shared] of this.watches) this.end(key, shared);
  }

  private open(key: string, spec: DiscoverySpec, asker: string): Shared {
    const subscriptions = new Set<Subscription>();
    const tell = (endpoints: readonly Endpoint[]): void => {
      // Whoever is told may leave, or come.
      for (const subscription of Array.from(subscriptions)) subscription.listener(endpoints);
      this.tellOf(key);
    };
    const { clock, random } = this.tools;
    const lookup = this.lookups.for(asker);
    const shared: Shared = {
      watch: new NameWatch(spec, { lookup, clock, random }, tell, () => this.tellOf(key)),
      lookup,
      subscriptions,
    };
    this.watches.set(key, shared);
    this.tellOf(key);
    return shared;
  }

  private end(key: string, shared: Shared): void {
    shared.watch.close();
    if (this.watches.get(key) === shared) this.watches.delete(key);
    this.tellOf(key);
  }

  private tellOf(key: string): void {
    this.tools.tellNews?.(this.newsOf(key));
  }

  private newsOf(key: string): NameNews {
    const watch = this.watches.get(key)?.watch;
    return { key, endpoints: watch?.endpoints ?? null, status: watch?.status ?? null };
  }

  /** How all watched names stand. */
  get all(): readonly NameNews[] {
    return Array.from(this.watches.keys(), (key) => this.newsOf(key));
  }
}
