// Watched names, as whoever uses them sees them: the process that resolves them, and those that are told.
import type { DiscoverySpec, Endpoint } from './contract.ts';

/** `resolving`: the first answer is still to come. `stale`: the latest round failed, in whole or in part, and older answers
 * are in use; `failed`: there has been no good answer. */
export type WatchStatus = {
  readonly state: 'resolving' | 'resolved' | 'stale' | 'failed';
  /** In milliseconds since 1970, as is `nextAt`. */
  readonly since: number;
  /** What is wrong; null: nothing. */
  readonly detail: string | null;
  /** When the next round begins; null: one is running. */
  readonly nextAt: number | null;
};

export type NamesListener = (endpoints: readonly Endpoint[]) => void;

export interface Names {
  /** Watches a name on behalf of `asker`, a tenant, until the returned function is called. `listener` is told of later
   * changes; `current` gives what is known now. A reload must subscribe anew before it unsubscribes, so that the watch and
   * its answer stay. */
  subscribe(spec: DiscoverySpec, asker: string, listener: NamesListener): () => void;
  /** There is reason to believe that the name leads elsewhere by now: it is resolved again as soon as it may be. */
  doubt(spec: DiscoverySpec): void;
  /** The last good answer; null: there has been none, or the name is not watched. */
  current(spec: DiscoverySpec): readonly Endpoint[] | null;
  /** Null: the name is not watched. */
  status(spec: DiscoverySpec): WatchStatus | null;
  /** Ends every watch. */
  close(): void;
}

/** What has become of a watched name. `status` null: it is watched no more. */
export type NameNews = {
  readonly key: string;
  readonly endpoints: readonly Endpoint[] | null;
  readonly status: WatchStatus | null;
};

/** The same for two specs that one watch can serve. */
export function keyOf(spec: DiscoverySpec): string {
  const port = spec.kind === 'addresses' ? spec.port : null;
  return JSON.stringify([spec.kind, spec.name, port, spec.family, spec.minTtl, spec.maxTtl]);
}
