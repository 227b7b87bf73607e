// A response that waits for the verdict of a policy. Nothing of it is lost meanwhile, even if its backend has sent all of it
// and serves another request already.
import { type Head, copyHead } from '../message/head.ts';
import type { ResponseSink } from './response-sink.ts';

type Slice = { readonly bytes: Uint8Array; readonly start: number; readonly end: number };

/** Holds the head and the part of the body that has come. That is little: the backend is not read meanwhile. */
export class HeldResponse implements ResponseSink {
  readonly head: Head;
  /** All of the body has come. */
  hasEnded = false;
  private readonly slices: Slice[] = [];
  private trailers: Head | null = null;

  constructor(head: Head) {
    this.head = copyHead(head);
  }

  sendBody(bytes: Uint8Array, start: number, end: number): boolean {
    if (end > start) this.slices.push({ bytes, start, end });
    return false;
  }

  sendTrailers(trailers: Head): void {
    this.trailers = copyHead(trailers);
  }

  end(): void {
    this.hasEnded = true;
  }

  resume(): void {}

  destroy(): void {
    this.slices.length = 0;
  }

  /** Gives the sink all of the body that has come. False: rest until there is room again. */
  passTo(sink: Pick<ResponseSink, 'sendBody' | 'sendTrailers'>): boolean {
    let hasRoom = true;
    for (const { bytes, start, end } of this.slices) hasRoom = sink.sendBody(bytes, start, end) && hasRoom;
    if (this.trailers !== null) sink.sendTrailers(this.trailers);
    return hasRoom;
  }
}
