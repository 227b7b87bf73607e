// What a body goes through on its way to a client, where it cannot go as it comes.
import { ChunkScanner } from '../http1/chunked.ts';
import { FrameFollower, GOING_AWAY } from '../http1/websocket-frames.ts';

/** Changes bytes where they lie; they only get fewer. */
export type Passage = {
  /** Returns where the part of bytes[start, end) ends that goes on. */
  pass(bytes: Uint8Array, start: number, end: number): number;
  /** What is sent after it, or null. */
  epilogue(): Uint8Array | null;
};

/** Takes the chunks off a body, for HTTP/1.0 clients. */
export class Unframing implements Passage {
  private readonly scanner = new ChunkScanner('response');

  constructor() {
    this.scanner.begin('payload');
  }

  pass(bytes: Uint8Array, start: number, end: number): number {
    this.scanner.scan(bytes, start, end);
    return this.scanner.keptEnd;
  }

  epilogue(): null {
    return null;
  }
}

/** Lets a WebSocket through, and when the gateway goes away says so between two frames; then nothing more. */
export class Goodbye implements Passage {
  isLeaving = false;
  private hasLeft = false;
  private readonly frames = new FrameFollower();

  pass(bytes: Uint8Array, start: number, end: number): number {
    return this.hasLeft ? start : this.frames.follow(bytes, start, end, this.isLeaving);
  }

  epilogue(): Uint8Array | null {
    if (!this.isLeaving || this.hasLeft || !this.frames.isBetweenFrames) return null;
    this.hasLeft = true;
    return GOING_AWAY;
  }
}
