// What the client may send of all request bodies of a connection together. A byte that is held counts until it is passed on, so
// that this bounds what one connection can make the gateway keep.
import type { FrameOutput } from './frame-output.ts';

/** A new connection has `DEFAULT_WINDOW`; its greeting makes it this. */
export const CONNECTION_WINDOW = 1024 * 1024;
/** Of one stream. */
export const STREAM_WINDOW = 256 * 1024;

export class ReceiveWindow {
  private left = CONNECTION_WINDOW;
  private owed = 0;

  constructor(private readonly output: Pick<FrameOutput, 'windowUpdate'>) {}

  /** So many bytes have come; false: more than the client may send. */
  take(size: number): boolean {
    this.left -= size;
    return this.left >= 0;
  }

  /** So many bytes have been passed on, or thrown away: the client may send as many more. */
  give(size: number): void {
    this.owed += size;
    if (this.owed < CONNECTION_WINDOW / 2) return;
    this.left += this.owed;
    this.output.windowUpdate(0, this.owed);
    this.owed = 0;
  }
}
