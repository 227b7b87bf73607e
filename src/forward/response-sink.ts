// Where a response body goes on its way to the client, if not there at once.
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
