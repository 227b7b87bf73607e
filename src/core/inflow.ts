// Whether a socket is read: not while its receiver is behind, and after a large read not before its turn.
import type { ReadInTurn, ReadTurns } from './read-turns.ts';

/** A socket that may be left unread. */
export type PausableSocket = { pause(): void; resume(): void };

/** The receiving half of a connection that bodies come by. */
export class Inflow implements ReadInTurn {
  /** Its receiver is behind. */
  isHeld = false;
  private isWaiting = false;
  /** Null: not open yet, or gone. */
  private socket: PausableSocket | null = null;

  constructor(private readonly turns: ReadTurns) {}

  attach(socket: PausableSocket): void {
    this.socket = socket;
  }

  detach(): void {
    this.socket = null;
  }

  /** So many bytes of a body were read, and more are to come. */
  took(bytes: number): void {
    if (this.turns.took(bytes) || this.isWaiting) return;
    this.isWaiting = true;
    if (!this.isHeld) this.socket?.pause();
    this.turns.queue(this);
  }

  readAgain(): void {
    this.isWaiting = false;
    if (!this.isHeld) this.socket?.resume();
  }

  /** No more until `release`; true if it was not held before. */
  hold(): boolean {
    if (this.isHeld || this.socket === null) return false;
    this.isHeld = true;
    if (!this.isWaiting) this.socket.pause();
    return true;
  }

  /** True if it was held. */
  release(): boolean {
    if (!this.isHeld) return false;
    this.isHeld = false;
    if (!this.isWaiting) this.socket?.resume();
    return true;
  }
}
