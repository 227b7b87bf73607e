// A response that rests while a policy considers it: nothing of it is lost meanwhile, even if its backend is done with it.
import { type Head, copyHead } from '../message/head.ts';
import type { ResponseSink } from './response-sink.ts';

type Slice = { readonly bytes: Uint8Array; readonly start: number; readonly end: number };

/** Holds what one read of the backend has brought, and what little comes after that. */
export class HeldResponse implements ResponseSink {
  readonly head: Head;
  /** All of its body is here. */
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

  /** Hands over what is here. False: rest until there is room again. */
  passTo(sink: Pick<ResponseSink, 'sendBody' | 'sendTrailers'>): boolean {
    let hasRoom = true;
    for (const { bytes, start, end } of this.slices) hasRoom = sink.sendBody(bytes, start, end) && hasRoom;
    if (this.trailers !== null) sink.sendTrailers(this.trailers);
    return hasRoom;
  }
}
