// Tells one end of a WebSocket that the gateway goes away.
import { FrameFollower } from '../http1/websocket-frames.ts';

/** Follows the frames on their way to that end. When the gateway goes away, it sends a close frame after the current frame,
 * and passes nothing on after it. */
export class Goodbye {
  isLeaving = false;
  /** The close frame has been sent. */
  hasLeft = false;
  private readonly frames = new FrameFollower();

  constructor(private readonly closeFrame: Uint8Array) {}

  /** Returns where the part of bytes[start, end) ends that goes on. */
  pass(bytes: Uint8Array, start: number, end: number): number {
    return this.hasLeft ? start : this.frames.follow(bytes, start, end, this.isLeaving);
  }

  /** The close frame, if it is to be sent now; null: not now. */
  epilogue(): Uint8Array | null {
    if (!this.isLeaving || this.hasLeft || !this.frames.isBetweenFrames) return null;
    this.hasLeft = true;
    return this.closeFrame;
  }
}
