// The receiving half of a client connection: bytes whose turn has not come, and whether the socket rests meanwhile.
import type { Socket } from 'bun';
import { join } from '../message/bytes.ts';

/** Holds one read at the most while its socket rests. (A reset delivers what was left in the kernel even to a socket
 * that rests.) */
export class Intake {
  isResting = false;
  private waiting: Uint8Array | null = null;

  constructor(private readonly socket: Pick<Socket, 'pause' | 'resume'>) {}

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

  /** The next bytes to look at: `bytes`, after those that wait. */
  next(bytes: Uint8Array): Uint8Array {
    const waiting = this.take();
    return waiting === null ? bytes : join(waiting, bytes);
  }

  /** True if the socket did not rest before. */
  rest(): boolean {
    if (this.isResting) return false;
    this.isResting = true;
    this.socket.pause();
    return true;
  }

  /** True if the socket did rest. */
  resume(): boolean {
    if (!this.isResting) return false;
    this.isResting = false;
    this.socket.resume();
    return true;
  }
}
