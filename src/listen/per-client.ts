// How many connections each client has open, where there is a limit.
import { clientKey } from '../core/cidr.ts';

export class PerClient {
  private readonly counts = new Map<string, number>();

  constructor(readonly limit: number) {}

  /** Counts a connection for its client; false: it would be one too many. */
  admits(address: string): boolean {
    if (this.limit === Number.POSITIVE_INFINITY) return true;
    const key = clientKey(address);
    const count = this.counts.get(key) ?? 0;
    if (count >= this.limit) return false;
    this.counts.set(key, count + 1);
    return true;
  }

  /** A connection that was counted is gone. */
  leave(address: string): void {
    if (this.counts.size === 0) return;
    const key = clientKey(address);
    const count = this.counts.get(key) ?? 0;
    if (count > 1) this.counts.set(key, count - 1);
    else this.counts.delete(key);
  }
}
