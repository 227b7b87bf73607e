// The receiving half of a client connection: pauses the socket, and keeps the bytes that cannot be used yet.
import { Inflow, type PausableSocket } from '../core/inflow.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import { join } from '../message/bytes.ts';

/** Keeps one read at the most while its socket is paused; and when the client resets the connection, what was left in the
 * kernel, which the runtime delivers even then. */
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

  /** Hands over the bytes that were kept; null: there are none. */
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
