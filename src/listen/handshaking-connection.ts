// An accepted TLS connection whose handshake is not over. The handshake will say which protocol the client speaks.
import { Timed } from '../core/timer-wheel.ts';
import type { AcceptedConnection, ClientSocket, ConnectionTools } from './contract.ts';
import type { DoorCounts } from './door-counts.ts';

/** Owns the socket until the handshake is over; then the listener replaces it by the protocol's own connection. The clock
 * runs from the first moment, however the bytes of the handshake come. */
export class HandshakingConnection extends Timed implements AcceptedConnection {
  readonly carries = 'nothing';
  /** Ended by the gateway. */
  isCut = false;
  /** In ticks. */
  private readonly since: number;

  constructor(
    private readonly socket: Pick<ClientSocket, 'terminate'>,
    readonly countedFor: string,
    private readonly tools: Pick<ConnectionTools, 'wheel' | 'timeouts'>,
    private readonly counts: DoorCounts,
  ) {
    super();
    const { wheel, timeouts } = tools;
    this.since = wheel.now;
    wheel.set(this, timeouts.handshake);
  }

  /** For how long it has been under way, in milliseconds. */
  get age(): number {
    const { wheel } = this.tools;
    return (wheel.now - this.since) * wheel.tick;
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
    this.isCut = true;
    this.socket.terminate();
  }

  override expired(): void {
    this.counts.handshakesLate++;
    this.cut();
  }
}
