// Finds where the frames of a WebSocket stream end (RFC 6455 5.2), so that the gateway can send its own between two.

/** A frame that tells a client that the server goes away. */
export const GOING_AWAY = Uint8Array.of(0x88, 0x02, 0x03, 0xe9); // close, status 1001 (RFC 6455 7.4.1)
/** The same for a server, which takes masked frames only. The mask keeps clients from choosing what goes over the wire (RFC
 * 6455 10.3); these bytes no client chooses. */
export const GOING_AWAY_MASKED = Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9);
const FIN_OPCODE = 1;
const LENGTH = 2;
const MASKED = 0x80;

/** Follows the frames of one direction. */
export class FrameFollower {
  /** Bytes of the current frame's head seen so far; 0: between two frames. */
  private headSeen = 0;
  private headSize = LENGTH;
  /** Where the length ends in the head; the mask follows. */
  private lengthEnd = LENGTH;
  private payload = 0;

  get isBetweenFrames(): boolean {
    return this.headSeen === 0 && this.payload === 0;
  }

  /** Takes bytes[start, end); returns where it stopped: `end`, or the first place between two frames if asked to stop. */
  follow(bytes: Uint8Array, start: number, end: number, stopBetween: boolean): number {
    let i = start;
    while (i < end) {
      if (stopBetween && this.isBetweenFrames) return i;
      if (this.headSeen < this.headSize || this.payload === 0) this.takeHead(bytes[i++]);
      else i = this.takePayload(i, end);
      if (this.headSeen === this.headSize && this.payload === 0) this.headSeen = 0;
    }
    return i;
  }

  private takeHead(byte: number): void {
    this.headSeen++;
    if (this.headSeen === FIN_OPCODE) {
      this.headSize = LENGTH;
      this.payload = 0;
    } else if (this.headSeen === LENGTH) this.takeLength(byte);
    else if (this.headSeen <= this.lengthEnd) this.payload = this.payload * 256 + byte;
  }

  private takeLength(byte: number): void {
    const length = byte & 0x7f;
    const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
    this.lengthEnd = LENGTH + extended;
    this.headSize = this.lengthEnd + ((byte & MASKED) === 0 ? 0 : 4);
    this.payload = extended === 0 ? length : 0;
  }

  private takePayload(from: number, end: number): number {
    const stop = Math.min(end, from + this.payload);
    this.payload -= stop - from;
    if (this.payload === 0) this.headSeen = this.headSize;
    return stop;
  }
}
