// An accepted TLS connection whose handshake is not over. The handshake will say which protocol the client speaks.
import { Timed } from '../core/timer-wheel.ts';
import type { AcceptedConnection, ClientSocket, ConnectionTools } from './contract.ts';

/** Owns the socket until the handshake is over; then the listener replaces it by the protocol's own connection. */
export class HandshakingConnection extends Timed implements AcceptedConnection {
  constructor(
    private readonly socket: Pick<ClientSocket, 'terminate'>,
    readonly countedFor: string,
    private readonly tools: Pick<ConnectionTools, 'wheel' | 'timeouts'>,
  ) {
    super();
    tools.wheel.set(this, tools.timeouts.header);
  }

  /** The handshake is over. */
  done(): void {
    this.tools.wheel.remove(this);
  }

  received(): void {}

  drained(): void {}

  ended(): void {
    this.cut();
  }

  closed(): void {
    this.tools.wheel.remove(this);
  }

  drain(): void {
    this.cut();
  }

  cut(): void {
    this.socket.terminate();
  }

  override expired(): void {
    this.cut();
  }
}
