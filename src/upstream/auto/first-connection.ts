// A connection whose protocol is not known before its TLS handshake is over.
import { dialFailure } from '../../core/connect-failure.ts';
import type { DialledSocket, SocketOwner } from '../../core/dial.ts';
import { type Failure, failure } from '../../core/failure.ts';
import { Shortage } from '../../core/shortage.ts';
import { Timed } from '../../core/timer-wheel.ts';
import type { TransportLimits, TransportTools } from '../contract.ts';

/** Who wants to know. One of the two is called, once. */
export interface FirstOwner {
  /** The socket is theirs from here on. */
  found(socket: DialledSocket, limits: TransportLimits): void;
  notFound(why: Failure): void;
}

export class FirstConnection extends Timed implements SocketOwner {
  private socket: DialledSocket | null = null;
  private isOver = false;

  constructor(
    private readonly tools: TransportTools,
    private readonly limits: TransportLimits,
    private readonly owner: FirstOwner,
  ) {
    super();
    tools.wheel.set(this, limits.connectTimeout);
  }

  attached(socket: DialledSocket): void {
    if (this.isOver) socket.terminate();
    else this.socket = socket;
  }

  opened(socket: DialledSocket): void {
    if (this.isOver) return socket.terminate();
    this.end();
    this.owner.found(socket, this.limits);
  }

  failed(error: unknown, step: 'connect' | 'handshake'): void {
    if (error instanceof Shortage) this.tools.reportShortage(error);
    this.fail(dialFailure(error, step));
  }

  closed(): void {
    this.fail(failure('connect-failed'));
  }

  broken(error: Error): void {
    this.tools.reportBug(error);
    this.fail(failure('internal'));
  }

  override expired(): void {
    this.fail(failure('connect-timeout'));
  }

  // Nothing is sent before the handshake is over.
  received(): void {}
  drained(): void {}

  private fail(why: Failure): void {
    if (this.isOver) return;
    const { socket } = this;
    this.end();
    if (socket !== null) socket.terminate();
    this.owner.notFound(why);
  }

  private end(): void {
    this.isOver = true;
    this.socket = null;
    this.tools.wheel.remove(this);
  }
}
