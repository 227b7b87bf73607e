// The TLS handshakes that are under way at a listener: so many at a time.
import { millis } from '../core/units.ts';
import type { HandshakingConnection } from './handshaking-connection.ts';

// A client begins its handshake with the packet after the one that opens the connection, however far away it is.
const PATIENCE = millis(250);

export class Handshakes {
  /** Both in the order in which they began. */
  private readonly silent = new Set<HandshakingConnection>();
  private readonly spoken = new Set<HandshakingConnection>();

  constructor(public limit: number) {}

  get size(): number {
    return this.silent.size + this.spoken.size;
  }

  /** Which one gives way to one more; null: there is room. In a flood all clients are served whose handshakes are over before
   * `limit` others have come. If new clients were refused instead, those of the flood would keep most others out. */
  whoGivesWay(): HandshakingConnection | null {
    if (this.size < this.limit) return null;
    const [silent, spoken] = [oldestOf(this.silent), oldestOf(this.spoken)];
    return silent !== null && (spoken === null || silent.age >= PATIENCE) ? silent : spoken;
  }

  /** Its client has said nothing yet. */
  add(connection: HandshakingConnection): void {
    this.silent.add(connection);
  }

  /** Its client has said what it wants. */
  hasSpoken(connection: HandshakingConnection): void {
    if (this.silent.delete(connection)) this.spoken.add(connection);
  }

  delete(connection: HandshakingConnection): void {
    if (!this.silent.delete(connection)) this.spoken.delete(connection);
  }
}

function oldestOf(connections: ReadonlySet<HandshakingConnection>): HandshakingConnection | null {
  return connections.values().next().value ?? null;
}
