// An accepted TLS connection whose handshake is not over, or has to wait before it begins. The handshake will say which protocol the client speaks.
import { Job } from '../admit/job.ts';
import type { ServedCertificate } from '../core/certificate-source.ts';
import { Timed } from '../core/timer-wheel.ts';
import type { AcceptedConnection, ClientSocket, ConnectionTools } from './contract.ts';
import type { DoorCounts } from './door-counts.ts';

/** Owns the socket until the handshake is over; then the listener replaces it by the protocol's own connection. The clock
 * runs from the first moment, however the bytes of the handshake come. */
export class HandshakingConnection extends Timed implements AcceptedConnection {
  readonly carries = 'nothing';
  /** Ended by the gateway. */
  isCut = false;
  /** Its handshake has begun. */
  hasBegun = false;
  /** What it is made with; null until the handshake begins. */
  served: ServedCertificate | null = null;
  /** In ticks. */
  private readonly since: number;
  private readonly job: HandshakeJob;

  constructor(
    /** The plain one, until the handshake begins. */
    public socket: Pick<ClientSocket, 'pause' | 'terminate'>,
    readonly countedFor: string,
    private readonly tools: Pick<ConnectionTools, 'wheel' | 'timeouts' | 'arrivals'>,
    private readonly counts: DoorCounts,
    shake: () => void,
  ) {
    super();
    this.job = new HandshakeJob(
      () => {
        this.hasBegun = true;
        shake();
      },
      () => this.expired(),
    );
    const { wheel, timeouts } = tools;
    this.since = wheel.now;
    wheel.set(this, timeouts.handshake);
  }

  /** Begins the handshake, at once or when it has its turn. */
  begin(): void {
    switch (this.tools.arrivals.ask(this.job)) {
      case 'begins':
        return this.job.begin();
      case 'waits':
        this.socket.pause();
        return;
      case 'refused':
        return this.expired();
    }
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
    this.job.leave();
    this.tools.wheel.remove(this);
  }

  drain(): void {
    this.cut();
  }

  cut(): void {
    this.isCut = true;
    this.job.leave();
    this.socket.terminate();
  }

  override expired(): void {
    this.counts.handshakesLate++;
    this.cut();
  }
}

/** A handshake takes as much of the event loop as twenty requests. Until it is over nobody knows the tenant, so all of them have a
 * share of their own. */
class HandshakeJob extends Job {
  constructor(
    override readonly begin: () => void,
    override readonly turnAway: () => void,
  ) {
    super();
  }

  override prepaid(): void {}
}
