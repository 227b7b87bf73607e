// Decides when a socket is read: not while the receiver of its bytes is behind, and after a large read only when its
// turn has come.
import type { Payer, ReadInTurn, ReadTurns } from './read-turns.ts';

/** A socket whose reading can be paused. */
export type PausableSocket = { pause(): void; resume(): void };

/** The receiving half of a connection that carries bodies. */
export class Inflow implements ReadInTurn {
  /** The receiver is behind: nothing is read until `release`. */
  isHeld = false;
  private isWaiting = false;
  /** Null: not known yet. */
  payer: Payer | null = null;
  /** Null: not open yet, or gone. */
  private socket: PausableSocket | null = null;

  constructor(private readonly turns: ReadTurns) {}

  attach(socket: PausableSocket): void {
    this.socket = socket;
  }

  detach(): void {
    this.socket = null;
  }

  /** Counts bytes of a body that were read while more are to come; pauses the socket if it must wait for its turn. */
  took(bytes: number): void {
    if (this.turns.took(bytes) || this.isWaiting) return;
    this.isWaiting = true;
    if (!this.isHeld) this.socket?.pause();
    this.turns.queue(this);
  }

  get account(): number {
    return this.payer === null ? 0 : this.payer.finish;
  }

  readAgain(): void {
    this.isWaiting = false;
    if (!this.isHeld) this.socket?.resume();
  }

  /** Stops reading until `release`; true if the socket was being read before. */
  hold(): boolean {
    if (this.isHeld || this.socket === null) return false;
    this.isHeld = true;
    if (!this.isWaiting) this.socket.pause();
    return true;
  }

  /** Reads on; true if the socket was held. */
  release(): boolean {
    if (!this.isHeld) return false;
    this.isHeld = false;
    if (!this.isWaiting) this.socket?.resume();
    return true;
  }
}
