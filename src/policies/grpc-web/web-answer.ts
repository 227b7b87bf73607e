// The body of an answer on its way to a browser: the messages of a server of gRPC, then its trailers as one more frame.
import { type WebField, toBase64, trailerFrame, webFieldsOf } from '../../message/grpc-web.ts';
import { EMPTY, join } from '../../message/bytes.ts';
import type { Head } from '../../message/head.ts';
import type { BodyStage, StageOutput } from '../stage.ts';
import { FrameEnds } from './frame-ends.ts';

// Three bytes are four characters.
const GROUP = 3;

export class WebAnswer implements BodyStage {
  private last: readonly WebField[];
  private readonly ends = new FrameEnds();
  /** Bytes that are no whole group yet. */
  private rest: Uint8Array = EMPTY;

  /** `status`: of a server that has told it in the head, since nothing else comes. */
  constructor(
    private readonly isText: boolean,
    status: readonly WebField[],
    private readonly output: StageOutput,
  ) {
    this.last = status;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    return this.isText ? this.writeText(bytes, start, end) : this.output.produced(bytes, start, end);
  }

  // Clients decode what they have whenever something comes. A message is padded at its end, so that nothing of it waits for the
  // next one; within a message nothing is padded, since not every client expects that.
  private writeText(bytes: Uint8Array, start: number, end: number): boolean {
    const all = join(this.rest, bytes.subarray(start, end));
    const whole = this.ends.lastIn(bytes, start, end);
    const padded = whole === 0 ? 0 : this.rest.length + whole;
    const more = all.length - ((all.length - padded) % GROUP);
    const text = join(toBase64(all, 0, padded), toBase64(all, padded, more));
    this.rest = all.slice(more);
    return text.length === 0 || this.output.produced(text, 0, text.length);
  }

  trailers(trailers: Head): void {
    this.last = webFieldsOf(trailers);
  }

  /** A server that breaks off without a status leaves it to the client to say so. */
  end(): void {
    const frame = this.last.length === 0 ? EMPTY : trailerFrame(this.last);
    const last = this.isText ? this.textOf(frame) : frame;
    if (last.length > 0) this.output.produced(last, 0, last.length);
    this.output.ended();
  }

  private textOf(frame: Uint8Array): Uint8Array {
    return join(toBase64(this.rest, 0, this.rest.length), toBase64(frame, 0, frame.length));
  }

  resume(): void {
    this.output.drained();
  }

  destroy(): void {
    // Nothing is kept but a few bytes.
  }
}
