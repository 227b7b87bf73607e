// Outgoing sockets for traffic as a parameter: `world.ts` provides the real ones, a test may pass a network of its own.
import type { ConnectAddress } from './connector.ts';
import type { PausableSocket } from './inflow.ts';
import type { ByteSink } from './kernel-output.ts';

/** An outgoing socket. `data`: who is told of it; it may be handed on. */
export type DialledSocket = ByteSink &
  PausableSocket & {
    data: SocketOwner;
    /** What the handshake has agreed on; false or null: nothing, or it is not over. */
    readonly alpnProtocol?: string | false | null;
    shutdown(): void;
    terminate(): void;
  };

/** The owner of an outgoing socket, told of everything that happens on it. `failed` or `closed` is the last call. */
export interface SocketOwner {
  /** With TLS only: the socket exists, but must not be used before `opened`, since its handshake is not over. */
  attached(socket: DialledSocket): void;
  opened(socket: DialledSocket): void;
  /** The owner may keep the bytes. */
  received(bytes: Uint8Array): void;
  /** The socket takes bytes again. */
  drained(): void;
  /** `isClean`: the peer ended it with a FIN. */
  closed(isClean: boolean): void;
  /** The socket never opened: the system refused the connection, or the handshake failed. With TLS 1.3 a peer may refuse the
   * gateway's certificate later: then the socket had been opened, and `closed` follows. */
  failed(error: unknown, step: 'connect' | 'handshake'): void;
  /** One of the owner's handlers has thrown, which is a bug in the gateway. */
  broken(error: Error): void;
}

/** Opens a socket for its owner; never throws. */
export type Dial = (address: ConnectAddress, owner: SocketOwner) => void;
