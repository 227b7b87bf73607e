// The tenants that one connection counts for: over HTTP/2 it may have requests to several at a time.
import type { ConnectionCount } from '../../message/contract.ts';

// The one that it has asked for the longest ago gives way.
const MOST = 16;

export class TenantCounts {
  private readonly counted: ConnectionCount[] = [];

  /** False: the tenant has as many connections as it may. */
  add(tenant: ConnectionCount): boolean {
    const { counted } = this;
    if (counted.length > 0 && counted.includes(tenant)) return true;
    if (!tenant.connectionBegins()) return false;
    counted.push(tenant);
    if (counted.length > MOST) counted.shift()?.connectionEnded();
    return true;
  }

  /** The connection is over. */
  clear(): void {
    for (const tenant of this.counted) tenant.connectionEnded();
    this.counted.length = 0;
  }
}
