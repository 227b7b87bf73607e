// Finds the ends of frames in a body that comes in pieces.
import { FRAME_HEAD } from '../../message/grpc-web.ts';

export class FrameEnds {
  /** Of the head of the current frame, so much has come. */
  private headBytes = 0;
  private length = 0;
  /** Of its message, so much is still to come. */
  private left = 0;

  /** How far into bytes[start, end) the last frame reaches that is whole with them; 0: none is. */
  lastIn(bytes: Uint8Array, start: number, end: number): number {
    let last = 0;
    for (let at = start; at < end; ) {
      at = this.headBytes < FRAME_HEAD ? this.takeHead(bytes[at], at) : this.takeMessage(at, end);
      if (this.headBytes < FRAME_HEAD || this.left > 0) continue;
      this.headBytes = 0;
      last = at - start;
    }
    return last;
  }

  // After its kind, the length of the message.
  private takeHead(byte: number, at: number): number {
    this.length = this.headBytes === 0 ? 0 : this.length * 256 + byte;
    this.headBytes++;
    if (this.headBytes === FRAME_HEAD) this.left = this.length;
    return at + 1;
  }

  private takeMessage(at: number, end: number): number {
    const size = Math.min(this.left, end - at);
    this.left -= size;
    return at + size;
  }
}
