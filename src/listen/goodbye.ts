// Tells the client of a WebSocket that the gateway goes away.
import { FrameFollower, GOING_AWAY } from '../http1/websocket-frames.ts';

/** Follows the bytes to the client. When the gateway goes away it says so between two frames, and nothing follows. */
export class Goodbye {
  isLeaving = false;
  private hasLeft = false;
  private readonly frames = new FrameFollower();

  /** Returns where the part of bytes[start, end) ends that goes on. */
  pass(bytes: Uint8Array, start: number, end: number): number {
    return this.hasLeft ? start : this.frames.follow(bytes, start, end, this.isLeaving);
  }

  /** What is sent after it, or null. */
  epilogue(): Uint8Array | null {
    if (!this.isLeaving || this.hasLeft || !this.frames.isBetweenFrames) return null;
    this.hasLeft = true;
    return GOING_AWAY;
  }
}
