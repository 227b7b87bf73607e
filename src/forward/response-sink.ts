// What takes a response's body in place of the client: stages, or a response that waits for a verdict.
import type { Head } from '../message/head.ts';

/** Takes a body as payload. */
export interface ResponseSink {
  /** False: rest until there is room again. */
  sendBody(bytes: Uint8Array, start: number, end: number): boolean;
  /** After the last slice. */
  sendTrailers(trailers: Head): void;
  /** The backend has sent everything. */
  end(): void;
  /** The client takes bytes again. */
  resume(): void;
  /** Nobody wants it any more. */
  destroy(): void;
}
