// What a request's body was so far, so that another backend can be sent the same: up to a limit, then no more.
import type { Bytes } from '../core/units.ts';
import type { Upstream } from '../message/contract.ts';

/** Pieces of a body that came after its head. */
export class ReplayBuffer {
  /** Nothing has been passed on that could not be sent again. */
  isWhole = true;
  private readonly pieces: { readonly bytes: Uint8Array; readonly start: number; readonly end: number }[] = [];
  private size = 0;

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** Keeps a piece, where it fits. A piece holds all of the read that it came in. */
  keep(bytes: Uint8Array, start: number, end: number, limit: Bytes): void {
    if (!this.isWhole) return;
    this.size += bytes.length;
    if (this.size > limit) this.giveUp();
    else this.pieces.push({ bytes, start, end });
  }

  /** Keeps nothing any more: the body cannot be sent again. */
  giveUp(): void {
    this.isWhole = false;
    this.pieces.length = 0;
  }

  /** Sends all that was kept. False: rest until drained. */
  sendTo(upstream: Upstream): boolean {
    let isTaken = true;
    for (const { bytes, start, end } of this.pieces) isTaken = upstream.sendBody(bytes, start, end);
    return isTaken;
  }

  clear(): void {
    if (this.size === 0 && this.isWhole) return;
    this.isWhole = true;
    this.size = 0;
    this.pieces.length = 0;
  }
}
