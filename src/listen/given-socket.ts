// Accepts on a socket that listens already. The runtime can do that, but its types and its documentation do not say so: no
// other file knows, and a test holds it.
import type { SocketHandler, SocketListener } from 'bun';
import type { BoundAddress, Descriptor, WantedAddress } from '../core/kernel-sockets.ts';

/** A socket that a listener is given. It is the listener's from then on, which closes it when it stops; whoever keeps the
 * socket keeps another descriptor of it. */
export type GivenSocket = {
  readonly descriptor: Descriptor;
  readonly address: BoundAddress;
  /** What it was bound for, where that is known: an address whose port the system has chosen is found by it. */
  readonly wanted?: WantedAddress;
};

/** Throws if it is no socket that listens. */
export function listenOnGiven<Data>(descriptor: Descriptor, socket: SocketHandler<Data>): SocketListener<Data> {
  // The types want an address, which counts for nothing beside `fd`.
  const options = { fd: descriptor, unix: '', allowHalfOpen: true, socket };
  return Bun.listen<Data>(options);
}
