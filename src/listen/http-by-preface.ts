// A plain listener that serves HTTP/2 beside HTTP/1.1: the first bytes of a connection say which it is (RFC 9113 3.3).
import { Timed } from '../core/timer-wheel.ts';
import { PREFACE } from '../http2/frames.ts';
import { join } from '../message/bytes.ts';
import type { AcceptProtocol, AcceptedConnection, ClientSocket, ConnectedPeer, ConnectionTools } from './contract.ts';
import { http1 } from './http1.ts';
import { http2 } from './http2.ts';

export const httpByPreface: AcceptProtocol = {
  ...http1,
  alpn: [],
  accept: (socket, peer, tools) => new FirstBytes(socket, peer, tools),
};

/** Owns the socket until its protocol is known; from then on it passes everything on. */
class FirstBytes extends Timed implements AcceptedConnection {
  private chosen: AcceptedConnection | null = null;
  /** The beginning of the preface, as far as it has come. */
  private seen = 0;

  constructor(
    private readonly socket: ClientSocket,
    private readonly peer: ConnectedPeer,
    private readonly tools: ConnectionTools,
  ) {
    super();
    tools.wheel.set(this, tools.timeouts.header);
  }

  get countedFor(): string {
    return this.peer.facts.address;
  }

  get carries(): AcceptedConnection['carries'] {
    return this.chosen === null ? 'nothing' : this.chosen.carries;
  }

  received(chunk: Uint8Array): void {
    if (this.chosen !== null) return this.chosen.received(chunk);
    const before = this.seen;
    let at = 0;
    while (at < chunk.length && this.seen < PREFACE.length && chunk[at] === PREFACE[this.seen]) {
      at++;
      this.seen++;
    }
    const isWhole = this.seen === PREFACE.length;
    if (!isWhole && at === chunk.length) return;
    this.choose(isWhole ? http2 : http1).received(before === 0 ? chunk : join(PREFACE.subarray(0, before), chunk));
  }

  private choose(protocol: AcceptProtocol): AcceptedConnection {
    const { peer, tools, socket } = this;
    const { version } = protocol;
    tools.wheel.remove(this);
    this.chosen = protocol.accept(socket, { ...peer, facts: { ...peer.facts, version } }, tools);
    return this.chosen;
  }

  drained(): void {
    this.chosen?.drained();
  }

  ended(): void {
    if (this.chosen === null) this.cut();
    else this.chosen.ended();
  }

  closed(): void {
    this.tools.wheel.remove(this);
    this.chosen?.closed();
  }

  drain(keepsTunnels: boolean): void {
    if (this.chosen !== null) this.chosen.drain(keepsTunnels);
    else if (!keepsTunnels && !this.tools.hasUnread(this.socket)) this.cut();
  }

  cut(): void {
    if (this.chosen === null) this.socket.end();
    else this.chosen.cut();
  }

  override expired(): void {
    this.cut();
  }
}
