// The receiving half of a client connection: bytes whose turn has not come, and whether the socket rests meanwhile.
import { Inflow, type PausableSocket } from '../core/inflow.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import { join } from '../message/bytes.ts';

/** Holds one read at the most while its socket rests. (A reset delivers what was left in the kernel even to a socket
 * that rests.) */
export class Intake extends Inflow {
  private waiting: Uint8Array | null = null;

  constructor(turns: ReadTurns, socket: PausableSocket) {
    super(turns);
    this.attach(socket);
  }

  get isEmpty(): boolean {
    return this.waiting === null;
  }

  /** Keeps bytes for later, after those that wait already. */
  keep(bytes: Uint8Array): void {
    this.waiting = this.waiting === null ? bytes : join(this.waiting, bytes);
  }

  /** What waits; from here on it is the caller's. */
  take(): Uint8Array | null {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }

  /** The socket is gone. */
  close(): void {
    this.waiting = null;
    this.detach();
  }
}
