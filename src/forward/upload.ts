// The body of a request on its way to a backend: what of it can be sent again when another backend is asked.
import { type Bytes, bytes as bytesOf } from '../core/units.ts';
import { EMPTY } from '../message/bytes.ts';
import type { Upstream } from '../message/contract.ts';
import { type Head, copyHead } from '../message/head.ts';

const FIRST_CAPACITY = 2048;
const NO_LIMIT = bytesOf(Number.POSITIVE_INFINITY);

/** What came of one body after its head. It is copied, so that it costs what it is long, in however small pieces it comes.
 * What has been sent from it is never written to again. */
export class Upload {
  /** All of the request has come from the client. */
  isComplete = false;
  /** Nothing has been passed on that could not be sent again. */
  isRepeatable = true;
  /** More of the body is worth keeping: the request may be sent to another backend. */
  private isKept = false;
  private bytes: Uint8Array = EMPTY;
  private length = 0;
  /** A copy of those that came before a connection was open. */
  private trailers: Head | null = null;

  begin(isComplete: boolean): void {
    this.isComplete = isComplete;
  }

  /** From here on the body is kept, up to the limit given with each piece. */
  keep(): void {
    this.isKept = true;
  }

  /** From here on it is not: what the client sends is no body any more, but flows like one. */
  becomeTunnel(): void {
    this.isComplete = false;
    this.isKept = false;
  }

  /** Takes a piece in. Where no connection is open yet it is sent on with the head, and kept whatever its size: the client
   * is asked to rest meanwhile. */
  take(bytes: Uint8Array, start: number, end: number, isConnected: boolean, limit: Bytes): void {
    if (!isConnected) this.copyIn(bytes, start, end, NO_LIMIT);
    else if (this.isKept) this.copyIn(bytes, start, end, limit);
    else this.forget();
  }

  /** Sends the trailers. Where no connection is open yet they are kept, and follow the body; else they are not, so that the
   * request cannot be sent again. */
  sendTrailers(trailers: Head, upstream: Upstream | null): void {
    if (upstream === null || !upstream.isOpen) {
      this.trailers = copyHead(trailers);
      return;
    }
    this.forget();
    upstream.sendTrailers(trailers);
  }

  /** Sends all that was kept after the head. False: rest until drained. */
  sendTo(upstream: Upstream, taken: boolean): boolean {
    const isTaken = this.length === 0 ? taken : upstream.sendBody(this.bytes, 0, this.length);
    if (this.trailers !== null) upstream.sendTrailers(this.trailers);
    return isTaken;
  }

  clear(): void {
    this.isComplete = false;
    this.isRepeatable = true;
    this.isKept = false;
    this.bytes = EMPTY;
    this.length = 0;
    this.trailers = null;
  }

  private copyIn(bytes: Uint8Array, start: number, end: number, limit: Bytes): void {
    if (!this.isRepeatable) return;
    const length = this.length + end - start;
    if (length > limit) return this.forget();
    if (length > this.bytes.length) this.grow(length);
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = length;
  }

  private forget(): void {
    this.isRepeatable = false;
    this.bytes = EMPTY;
    this.length = 0;
  }

  private grow(length: number): void {
    const bytes = new Uint8Array(Math.max(length, this.bytes.length * 2, FIRST_CAPACITY));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}
