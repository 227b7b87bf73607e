// How many connections each client has open, where there is a limit.
import { clientKey } from '../core/cidr.ts';
import type { ClientPlace, ListenerNumbers } from '../core/connection-cells.ts';

/** The connections of a client to this process. `place` null: nobody else counts them. */
type Count = { open: number; readonly place: ClientPlace | null };

export class PerClient {
  private readonly counts = new Map<string, Count>();

  constructor(
    public limit: number,
    private readonly numbers: () => ListenerNumbers,
  ) {}

  /** Another limit. Connections are counted only while there is one: those that are `open` may not have been. */
  change(limit: number, open: Iterable<{ readonly countedFor: string | null }>): void {
    const hadNone = this.limit === Number.POSITIVE_INFINITY;
    const hasNone = limit === Number.POSITIVE_INFINITY;
    this.limit = Number.POSITIVE_INFINITY;
    if (hadNone !== hasNone)
      for (const { countedFor } of open) {
        if (countedFor === null) continue;
        if (hasNone) this.leave(countedFor);
        else this.count(clientKey(countedFor));
      }
    this.limit = limit;
  }

  /** Counts a connection for its client; false: it would be one too many. */
  admits(address: string): boolean {
    return this.limit === Number.POSITIVE_INFINITY || this.count(clientKey(address));
  }

  private count(key: string): boolean {
    const count = this.counts.get(key);
    return count === undefined ? this.admitsFirst(key) : this.admitsMore(count);
  }

  private admitsFirst(key: string): boolean {
    const place = this.numbers().joins(key, this.limit);
    if (place === false) return false;
    this.counts.set(key, { open: 1, place });
    return true;
  }

  private admitsMore(count: Count): boolean {
    if (count.open >= this.limit || count.place?.again(this.limit) === false) return false;
    count.open++;
    return true;
  }

  /** A connection that was counted is gone. */
  leave(address: string): void {
    if (this.counts.size === 0) return;
    const key = clientKey(address);
    const count = this.counts.get(key);
    if (count === undefined) return;
    count.place?.leave();
    if (--count.open === 0) this.counts.delete(key);
  }
}
