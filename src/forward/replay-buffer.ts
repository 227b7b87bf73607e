// What a request's body was so far, so that another backend can be sent the same: up to a limit, then no more.
import type { Bytes } from '../core/units.ts';
import { EMPTY } from '../message/bytes.ts';
import type { Upstream } from '../message/contract.ts';

const FIRST_CAPACITY = 2048;

/** The part of a body that came after its head. Copied, so that it costs what it is long, in however small pieces it
 * comes. What has been sent from it is never written to again. */
export class ReplayBuffer {
  /** Nothing has been passed on that could not be sent again. */
  isWhole = true;
  private bytes: Uint8Array = EMPTY;
  private length = 0;

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Keeps a piece, where it fits. */
  keep(bytes: Uint8Array, start: number, end: number, limit: Bytes): void {
    if (!this.isWhole) return;
    const length = this.length + end - start;
    if (length > limit) return this.giveUp();
    if (length > this.bytes.length) this.grow(length);
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = length;
  }

  /** Keeps nothing any more: the body cannot be sent again. */
  giveUp(): void {
    this.isWhole = false;
    this.bytes = EMPTY;
    this.length = 0;
  }

  /** Sends all that was kept. False: rest until drained. */
  sendTo(upstream: Upstream): boolean {
    return upstream.sendBody(this.bytes, 0, this.length);
  }

  clear(): void {
    this.isWhole = true;
    this.bytes = EMPTY;
    this.length = 0;
  }

  private grow(length: number): void {
    const bytes = new Uint8Array(Math.max(length, this.bytes.length * 2, FIRST_CAPACITY));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}
