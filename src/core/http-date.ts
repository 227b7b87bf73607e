// The Date of responses (RFC 9110 5.6.7), written once a second at the most.
import type { Clock } from './clock.ts';

const encoder = new TextEncoder();

/** A whole field line for now. */
export class DateLine {
  private second = 0;
  private line: Uint8Array = encoder.encode('');

  constructor(private readonly clock: Pick<Clock, 'wall'>) {}

  get bytes(): Uint8Array {
    const second = Math.floor(this.clock.wall() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.line = encoder.encode(`Date: ${new Date(second * 1000).toUTCString()}\r\n`);
    }
    return this.line;
  }
}
