// How much unsent output the kernel keeps for a socket. The runtime has no calls for this; `world/` makes the system's.
import type { Bytes } from './units.ts';

/** Where an outbox sends to. `write` returns how many bytes it took, 0 when none fit, -1 when the socket is closed. */
export type ByteSink = { write(bytes: Uint8Array, offset: number, length: number): number };

export interface KernelOutput {
  /** Makes the kernel refuse further bytes for a socket of this listener once so many bytes of it wait to be sent. */
  limit(listener: object, unsent: Bytes): void;
  /** Writes beyond that limit, as far as the system allows; returns how many bytes the kernel took. */
  writeBeyondLimit(sink: ByteSink, bytes: Uint8Array, start: number, size: number): number;
  /** Writes `head` and bytes[start, end) in one system call; returns how many bytes of both the kernel took. 0 where it takes
   * none, or cannot be asked for both at once. The sink must be a socket without TLS. */
  writeBoth(sink: ByteSink, head: Uint8Array, bytes: Uint8Array, start: number, end: number): number;
  /** How many bytes the kernel took that the peer has not acknowledged; null: the system does not tell. */
  waiting(sink: ByteSink): number | null;
}
