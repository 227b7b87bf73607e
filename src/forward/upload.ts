// The body of a request on its way to a backend. Keeps what can be sent again when another backend is asked.
import type { TenantLimits } from '../admit/tenant-limits.ts';
import { copy } from '../core/copy-bytes.ts';
import { type Bytes, bytes as bytesOf } from '../core/units.ts';
import { EMPTY } from '../message/bytes.ts';
import type { Upstream } from '../message/contract.ts';
import { type Head, copyHead } from '../message/head.ts';

const FIRST_CAPACITY = 2048;
export const NO_LIMIT = bytesOf(Number.POSITIVE_INFINITY);

/** The bytes of one body that came after its head. They are copied, so that many small pieces take no more memory than
 * their length. Bytes that have been sent from the copy are never overwritten. */
export class Upload {
  /** The client has sent all of the request. */
  isComplete = false;
  /** All that has been passed on can be sent again. */
  isRepeatable = true;
  /** What is kept is all of the body, and not what the client has sent. */
  isReplaced = false;
  /** The body is kept as it comes, since the request may be sent to another backend. */
  private isKept = false;
  /** Pays for what is kept; null: nobody does. */
  payer: Pick<TenantLimits, 'keeps' | 'isFull'> | null = null;
  private bytes: Uint8Array = EMPTY;
  private length = 0;
  /** A copy of the trailers, if they came before a connection was open. */
  private trailers: Head | null = null;

  /** What is kept at the moment. */
  get kept(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  begin(isComplete: boolean): void {
    this.isComplete = isComplete;
  }

  /** From here on the body is kept, up to the limit given with each piece. */
  keep(): void {
    this.isKept = true;
  }

  /** From here on nothing is kept: the client sends bytes of a tunnel, which pass like a body. */
  becomeTunnel(): void {
    this.isComplete = false;
    this.isKept = false;
  }

  /** Takes a piece of the body. If no connection is open yet, the piece is kept whatever its size, and sent after the head;
   * the client is paused meanwhile. */
  take(bytes: Uint8Array, start: number, end: number, isConnected: boolean, limit: Bytes): void {
    if (!isConnected) this.copyIn(bytes, start, end, NO_LIMIT);
    else if (this.isKept) this.copyIn(bytes, start, end, limit);
    else this.forget();
  }

  /** All of the body has come: this goes on in its place. */
  replace(bytes: Uint8Array): void {
    this.drop();
    this.copyIn(bytes, 0, bytes.length, NO_LIMIT);
    this.isReplaced = true;
  }

  /** Sends the trailers. If no connection is open yet, they are kept and follow the body; otherwise they are not kept, and
   * the request cannot be sent again. */
  sendTrailers(trailers: Head, upstream: Upstream | null): void {
    if (upstream === null || !upstream.isOpen) {
      this.trailers = copyHead(trailers);
      return;
    }
    this.forget();
    upstream.sendTrailers(trailers);
  }

  /** Sends all that was kept, after the head. False: send no more until the upstream has drained. */
  sendTo(upstream: Upstream, taken: boolean): boolean {
    const isTaken = this.length === 0 ? taken : upstream.sendBody(this.bytes, 0, this.length);
    if (this.trailers !== null) upstream.sendTrailers(this.trailers);
    return isTaken;
  }

  clear(): void {
    this.isComplete = false;
    this.isRepeatable = true;
    this.isReplaced = false;
    this.isKept = false;
    this.drop();
    this.payer = null;
    this.trailers = null;
  }

  private copyIn(bytes: Uint8Array, start: number, end: number, limit: Bytes): void {
    if (!this.isRepeatable) return;
    const length = this.length + end - start;
    if (length > limit || (limit !== NO_LIMIT && this.payer?.isFull === true)) return this.forget();
    if (length > this.bytes.length) this.grow(length);
    this.length = copy(this.bytes, this.length, bytes, start, end);
  }

  private forget(): void {
    this.isRepeatable = false;
    this.drop();
  }

  private drop(): void {
    if (this.bytes.length > 0) this.payer?.keeps(-this.bytes.length);
    this.bytes = EMPTY;
    this.length = 0;
  }

  private grow(length: number): void {
    const bytes = new Uint8Array(Math.max(length, this.bytes.length * 2, FIRST_CAPACITY));
    this.payer?.keeps(bytes.length - this.bytes.length);
    copy(bytes, 0, this.bytes, 0, this.length);
    this.bytes = bytes;
  }
}
