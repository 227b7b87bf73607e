// An accepted TLS connection whose handshake is not over. What the client says first decides what it is served with; then the
// handshake has its turn, and says which protocol the client speaks.
import { Job } from '../admit/job.ts';
import type { CertificateSource, ServedCertificate } from '../core/certificate-source.ts';
import { Timed } from '../core/timer-wheel.ts';
import type { AcceptedConnection, ConnectionTools } from './contract.ts';
import type { DoorCounts } from './door-counts.ts';
import type { AcceptedSocket } from './sockets.ts';
import { ClientHelloReader, type HelloVerdict } from './tls/client-hello.ts';
import type { SecureContext } from './tls/secure-contexts.ts';

/** What a client has said first. */
export type Heard = Exclude<HelloVerdict, 'more'>;

/** What a handshake is made with. `served` null: it is a challenge of ACME. */
export type Choice = {
  readonly served: ServedCertificate | null;
  readonly context: SecureContext;
  readonly offered: Uint8Array;
};

/** Decides what becomes of connections: one object for all of them, since functions for each would be garbage that ten thousand
 * clients leave behind between those that stay. */
export type HandshakeOwner = {
  /** The client has said what it wants, or something else than TLS. */
  heard(connection: HandshakingConnection, verdict: Heard): void;
  /** The certificate that it has waited for has come, or has not come in time. */
  awaited(connection: HandshakingConnection): void;
  /** Its time is over. */
  late(connection: HandshakingConnection): void;
  /** It is the connection's turn. `begun`: what has come from the client. */
  secure(connection: HandshakingConnection, begun: Uint8Array): void;
};

/** `ordering`: a certificate is being got for its client. */
type State = 'listening' | 'ordering' | 'waiting' | 'shaking' | 'answered' | 'cut';

/** Owns the socket until the handshake is over; then the listener replaces it by the protocol's own connection. The clock
 * runs from the first moment, however the bytes of the handshake come. */
export class HandshakingConnection extends Timed implements AcceptedConnection {
  readonly carries = 'nothing';
  /** What its client has said first; null: not all of it has come. */
  hello: Heard | null = null;
  /** What it is made with; null: nothing yet. */
  choice: Choice | null = null;
  private state: State = 'listening';
  private readonly reader = new ClientHelloReader();
  /** Ends the wait for a certificate. */
  private endWait: (() => void) | null = null;
  /** In ticks. */
  private readonly since: number;
  private readonly job: HandshakeJob;

  constructor(
    /** The plain one, until the handshake begins. */
    public socket: AcceptedSocket,
    readonly countedFor: string,
    private readonly tools: Pick<ConnectionTools, 'wheel' | 'timeouts' | 'arrivals'>,
    private readonly counts: DoorCounts,
    private readonly owner: HandshakeOwner,
  ) {
    super();
    this.job = new HandshakeJob(this);
    const { wheel, timeouts } = tools;
    this.since = wheel.now;
    wheel.set(this, timeouts.handshake);
  }

  /** Ended by the gateway. */
  get isCut(): boolean {
    return this.state === 'cut';
  }

  received(chunk: Uint8Array): void {
    if (this.state !== 'listening') return;
    const verdict = this.reader.feed(chunk);
    if (verdict === 'more') return;
    this.state = 'waiting';
    this.hello = verdict;
    this.owner.heard(this, verdict);
  }

  /** The name that its client asks for; null: none. */
  get serverName(): string | null {
    return this.hello === null || typeof this.hello === 'string' ? null : this.hello.serverName;
  }

  /** Asks for the certificate that its client has to wait for; false: there is none to wait for. */
  awaits(certificates: CertificateSource, serverName: string): boolean {
    this.state = 'ordering';
    const made = certificates.awaits(serverName, () => this.goOn());
    if (made === null) {
      this.state = 'waiting';
      return false;
    }
    // Nothing more is read of a client that only waits.
    this.socket.pause();
    this.endWait = made.end;
    this.tools.wheel.set(this, made.most);
    return true;
  }

  // The certificate has come, or will not come in time.
  private goOn(): void {
    if (this.state !== 'ordering') return;
    this.leaveWait();
    this.state = 'waiting';
    this.socket.resume();
    this.tools.wheel.set(this, this.tools.timeouts.handshake);
    this.owner.awaited(this);
  }

  private leaveWait(): void {
    const { endWait } = this;
    this.endWait = null;
    endWait?.();
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

  /** It is its turn. */
  shake(): void {
    this.state = 'shaking';
    this.owner.secure(this, this.reader.bytes);
  }

  /** There will be no handshake: sends a last word, as it goes over a plain socket. */
  answer(word: Uint8Array): void {
    this.state = 'answered';
    this.tools.wheel.set(this, this.tools.timeouts.linger);
    this.socket.write(word);
    // close(2) with unread bytes sends a reset that may destroy the word on its way: FIN first, then read to the end.
    this.socket.shutdown();
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

  drained(): void {}

  ended(): void {
    if (this.state === 'answered') this.socket.end();
    else this.cut();
  }

  closed(): void {
    this.leaveWait();
    this.job.leave();
    this.tools.wheel.remove(this);
  }

  drain(keepsTunnels: boolean): void {
    if (!keepsTunnels) this.cut();
  }

  cut(): void {
    this.state = 'cut';
    this.leaveWait();
    this.job.leave();
    this.socket.terminate();
  }

  override expired(): void {
    if (this.state === 'ordering') return this.goOn();
    if (this.state !== 'answered') {
      this.counts.handshakesLate++;
      this.owner.late(this);
    }
    this.cut();
  }
}

/** A handshake takes as much of the event loop as twenty requests. Until it is over nobody knows the tenant, so all of them have a
 * share of their own. */
class HandshakeJob extends Job {
  constructor(private readonly connection: HandshakingConnection) {
    super();
  }

  override begin(): void {
    this.connection.shake();
  }

  override turnAway(): void {
    this.connection.expired();
  }

  override prepaid(): void {}
}
