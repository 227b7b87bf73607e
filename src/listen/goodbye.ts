// Tells the client of a WebSocket that the gateway goes away.
import { FrameFollower, GOING_AWAY } from '../http1/websocket-frames.ts';

/** Follows the frames on their way to the client. When the gateway goes away, it sends a close frame after the current
 * frame, and passes nothing on after it. */
export class Goodbye {
  isLeaving = false;
  /** The close frame has been sent. */
  hasLeft = false;
  private readonly frames = new FrameFollower();

  /** Returns where the part of bytes[start, end) ends that goes on. */
  pass(bytes: Uint8Array, start: number, end: number): number {
    return this.hasLeft ? start : this.frames.follow(bytes, start, end, this.isLeaving);
  }

  /** The close frame, if it is to be sent now; null: not now. */
  epilogue(): Uint8Array | null {
    if (!this.isLeaving || this.hasLeft || !this.frames.isBetweenFrames) return null;
    this.hasLeft = true;
    return GOING_AWAY;
  }
}
