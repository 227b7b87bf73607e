// Connections for traffic as a parameter: what `world.ts` provides, and what a test may replace by a network of its own.
import type { ConnectAddress } from './connector.ts';
import type { PausableSocket } from './inflow.ts';
import type { ByteSink } from './kernel-output.ts';

/** An outgoing socket. */
export type DialledSocket = ByteSink & PausableSocket & { shutdown(): void; terminate(): void };

/** Who has a socket opened, and then owns it: told of everything that happens on it. After `failed` or `closed` nothing
 * follows. */
export interface SocketOwner {
  /** The socket exists, but may not be used before it is opened: its handshake is not over. Only where there is one. */
  attached(socket: DialledSocket): void;
  opened(socket: DialledSocket): void;
  /** The bytes may be kept. */
  received(bytes: Uint8Array): void;
  /** It takes bytes again. */
  drained(): void;
  /** `isClean`: by a FIN. */
  closed(isClean: boolean): void;
  /** It never opened: the system or the handshake said no. */
  failed(error: unknown, step: 'connect' | 'handshake'): void;
  /** A handler has thrown: a bug of the gateway's. */
  broken(error: Error): void;
}

/** Opens a socket for its owner; never throws. */
export type Dial = (address: ConnectAddress, owner: SocketOwner) => void;
