// A header block that comes in several frames (RFC 9113 4.3): what of it has come.
import { copy } from '../core/copy-bytes.ts';
import { EMPTY } from '../message/bytes.ts';

export class HeaderBlock {
  /** The stream that it belongs to; 0: none is under way. */
  stream = 0;
  /** Of its first frame. */
  flags = 0;
  /** CONTINUATION frames that have come. */
  pieces = 0;
  /** What has come is bytes[0, size). */
  bytes: Uint8Array = EMPTY;
  size = 0;

  /** Its first frame is there, and not its last. */
  begin(stream: number, flags: number, bytes: Uint8Array, start: number, end: number): void {
    this.stream = stream;
    this.flags = flags;
    this.pieces = 0;
    this.bytes = bytes.slice(start, end);
    this.size = end - start;
  }

  /** Another frame has come. Small ones without end are not copied again and again. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const size = this.size + end - start;
    this.pieces++;
    if (size > this.bytes.length) {
      const larger = new Uint8Array(size * 2);
      copy(larger, 0, this.bytes, 0, this.size);
      this.bytes = larger;
    }
    this.size = copy(this.bytes, this.size, bytes, start, end);
  }

  /** It is whole, and nobody needs it here any more. */
  clear(): void {
    this.stream = 0;
    this.bytes = EMPTY;
    this.size = 0;
  }
}
