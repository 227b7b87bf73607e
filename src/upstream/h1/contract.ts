// What a connection of HTTP/1.1 has of the others to its backend.
import { type Millis, millis } from '../../core/units.ts';
import type { TransportLimits, TransportTarget, TransportTools } from '../contract.ts';

export const NOT_KEPT = millis(0);

/** The owner of all connections to one backend, which keeps them between two exchanges. */
export interface ConnectionHome<Connection> {
  readonly target: TransportTarget;
  readonly tools: TransportTools;
  /** When the latest byte came from the backend, in ticks. */
  heardAt: number;
  /** Keeps a connection for the next exchange; returns for how long at the most, or NOT_KEPT. */
  keep(connection: Connection, limits: TransportLimits): Millis;
  /** An idle connection, or one opened ahead, can be lent no more. */
  forget(connection: Connection): void;
  closed(connection: Connection): void;
}
