// Whether the system lets the gateway have as many connections as it is configured for.
import { ceilingsOf } from '../core/descriptors.ts';
import type { GatewayPlan } from './plan.ts';

/** What is configured, and what is possible. */
export type DescriptorShortfall = {
  /** How many descriptors this process may have. */
  readonly limit: number;
  /** How many it may need: two for each client, since each may have a request at a backend, and room for idle connections. */
  readonly needed: number;
  /** Connections from clients, all listeners together. */
  readonly clients: number;
  /** About how many of them will be accepted. */
  readonly possible: number;
};

/** Null: the limit is high enough. `hasTyped`: it listens at an address of the command line, too. */
export function descriptorShortfall(
  gateway: GatewayPlan,
  hasTyped: boolean,
  limit: number,
): DescriptorShortfall | null {
  const all = [...gateway.listeners.map(({ rules }) => rules), ...(hasTyped ? [gateway.typed] : [])];
  const clients = all.reduce((sum, { connections }) => sum + connections, 0);
  const needed = 2 * Math.max(clients, gateway.idleConnections);
  if (needed <= limit) return null;
  return { limit, needed, clients, possible: Math.min(clients, ceilingsOf(limit).clients) };
}
