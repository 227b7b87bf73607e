// The TLS handshakes that are under way at a listener: so many at a time.
import { millis } from '../core/units.ts';
import type { HandshakingConnection } from './handshaking-connection.ts';

// A client that means it has finished by then, even over a satellite. Whoever is slower gives way to the next client:
// otherwise a few silent connections would keep all others out.
const PATIENCE = millis(1000);

export class Handshakes {
  /** In the order in which they began. */
  private readonly underWay = new Set<HandshakingConnection>();

  constructor(public limit: number) {}

  get size(): number {
    return this.underWay.size;
  }

  /** Room for one more. Null: there is none. A connection that has to give way for it is returned. */
  room(): 'free' | HandshakingConnection | null {
    if (this.underWay.size < this.limit) return 'free';
    const oldest = this.underWay.values().next().value;
    return oldest !== undefined && oldest.age >= PATIENCE ? oldest : null;
  }

  add(connection: HandshakingConnection): void {
    this.underWay.add(connection);
  }

  delete(connection: HandshakingConnection): void {
    this.underWay.delete(connection);
  }
}
