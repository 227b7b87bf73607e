// A client connection over HTTP/1.1 whose next request takes its time. Most connections of a gateway are such ones, so they keep
// only what cannot be made again: 0.1 KiB in place of 0.9. To make the rest again takes 2 µs.
import type { ServedCertificate } from '../core/certificate-source.ts';
import { Timed } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';
import type { ConnectionCount } from '../message/contract.ts';
import type { AcceptedConnection, ClientSocket, ConnectionTools, Kept } from './contract.ts';
import { DownstreamH1 } from './downstream-h1.ts';
import { FIRST_REST, LOOK } from './h1-answers.ts';
import { SocketTlsFacts } from './tls-facts.ts';

/** Owns the socket from the end of its first rest on, until the client asks again. */
export class RestingH1 extends Timed implements AcceptedConnection {
  readonly countedFor: string;
  private readonly port: number;
  private readonly isTrusted: boolean;
  private readonly requests: number;
  private readonly countedBy: ConnectionCount | null;
  /** Null: no TLS. What its handshake has agreed on can be asked of the socket again. */
  private readonly served: ServedCertificate | null;

  constructor(
    private readonly socket: ClientSocket,
    { facts, isTrusted, requests, countedBy }: Kept,
    private readonly tools: ConnectionTools,
  ) {
    super();
    this.countedFor = facts.address;
    this.port = facts.port;
    this.isTrusted = isTrusted;
    this.requests = requests;
    this.countedBy = countedBy;
    this.served = facts.tls === null ? null : facts.tls.served;
    tools.wheel.set(this, millis(tools.timeouts.keepAlive - FIRST_REST));
  }

  get carries(): AcceptedConnection['carries'] {
    return 'nothing';
  }

  received(chunk: Uint8Array): void {
    if (!this.isOver) this.getUp().received(chunk);
  }

  // Its socket has been ended, and has forgotten its handshake, but the client has not closed its half yet. Otherwise it has a
  // deadline.
  private get isOver(): boolean {
    return this.deadlineTick === 0;
  }

  private getUp(): AcceptedConnection {
    const { socket, tools, countedFor: address, port, served, isTrusted } = this;
    tools.wheel.remove(this);
    const tls = served === null ? null : new SocketTlsFacts(socket, served);
    const facts = { address, port, isTls: tls !== null, tls, version: '1.1', claims: null } as const;
    const connection = new DownstreamH1(socket, { facts, isTrusted }, tools);
    connection.goOn(this.requests, this.countedBy);
    tools.handOver(socket, connection);
    return connection;
  }

  drained(): void {}

  ended(): void {
    this.cut();
  }

  closed(): void {
    this.tools.wheel.remove(this);
    this.countedBy?.connectionEnded();
  }

  drain(keepsTunnels: boolean): void {
    if (!this.isOver) this.getUp().drain(keepsTunnels);
  }

  cut(): void {
    this.tools.wheel.remove(this);
    this.socket.end();
  }

  override expired(): void {
    // Deadlines come before what has arrived.
    if (this.tools.hasUnread(this.socket)) this.tools.wheel.set(this, LOOK);
    else this.cut();
  }
}
