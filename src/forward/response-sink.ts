// Takes a response's body in place of the client: the stages that change it, or the held response while a policy
// decides.
import type { Head } from '../message/head.ts';

/** Takes a body as payload. */
export interface ResponseSink {
  /** False: the sender must wait until there is room again. */
  sendBody(bytes: Uint8Array, start: number, end: number): boolean;
  /** After the last slice. */
  sendTrailers(trailers: Head): void;
  /** The backend has sent everything. */
  end(): void;
  /** The client takes bytes again. */
  resume(): void;
  /** The response is needed no more: what is kept of it may go. */
  destroy(): void;
}
