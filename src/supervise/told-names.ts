// Watched names, in a worker: another process resolves them and tells what they lead to.
import type { DiscoverySpec, Endpoint } from '../discovery/contract.ts';
import { isSameSet } from '../discovery/endpoints.ts';
import { type NameNews, type Names, type NamesListener, type WatchStatus, keyOf } from '../discovery/names.ts';

type Known = { readonly endpoints: readonly Endpoint[] | null; readonly status: WatchStatus };

// What is not told yet has been asked for a moment ago: whoever resolves names watches each that a plan has.
const UNTOLD: Omit<WatchStatus, 'since'> = { state: 'resolving', detail: null, nextAt: null };

/** Names as another process tells of them. */
export class ToldNames implements Names {
  private readonly known = new Map<string, Known>();
  private readonly listeners = new Map<string, Set<{ readonly tell: NamesListener }>>();

  constructor(
    private readonly wall: () => number,
    private readonly sendDoubt: (spec: DiscoverySpec) => void,
  ) {}

  told({ key, endpoints, status }: NameNews): void {
    const before = this.known.get(key)?.endpoints ?? [];
    if (status === null) this.known.delete(key);
    else this.known.set(key, { endpoints, status });
    if (endpoints === null || isSameSet(before, endpoints)) return;
    // Whoever is told may leave, or come.
    for (const { tell } of Array.from(this.listeners.get(key) ?? [])) tell(endpoints);
  }

  subscribe(spec: DiscoverySpec, _: string, tell: NamesListener): () => void {
    const key = keyOf(spec);
    const listeners = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, listeners);
    // An object for each, since one listener may subscribe twice.
    const listener = { tell };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(key) === listeners) this.listeners.delete(key);
    };
  }

  doubt(spec: DiscoverySpec): void {
    this.sendDoubt(spec);
  }

  current(spec: DiscoverySpec): readonly Endpoint[] | null {
    return this.known.get(keyOf(spec))?.endpoints ?? null;
  }

  status(spec: DiscoverySpec): WatchStatus | null {
    const key = keyOf(spec);
    const known = this.known.get(key)?.status;
    if (known !== undefined) return known;
    return this.listeners.has(key) ? { ...UNTOLD, since: this.wall() } : null;
  }

  close(): void {
    this.listeners.clear();
  }
}
