// What the kernel keeps of a socket's output, where the runtime has no call for it.
import type { Bytes } from './units.ts';

/** Where an outbox sends to: returns how many bytes were taken, 0 when none fit, -1 when it is closed. */
export type ByteSink = { write(bytes: Uint8Array, offset: number, length: number): number };

export interface KernelOutput {
  /** Sockets that this listener accepts take no more once so many bytes wait to be sent. */
  limit(listener: object, unsent: Bytes): void;
  /** Writes beyond that, as far as the system lets it; how many bytes were taken. */
  press(sink: ByteSink, bytes: Uint8Array, start: number, size: number): number;
  /** Bytes that were taken and have not arrived at the peer; null: nobody knows. */
  waiting(sink: ByteSink): number | null;
}
