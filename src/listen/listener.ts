// Accepts connections on one address. One handler object for all sockets; the state of each is its `data`.
import { isInRanges } from '../core/cidr.ts';
import { type Result, err, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import { peerFacts } from '../http1/forwarded.ts';
import { ascii } from '../message/bytes.ts';
import { type DownstreamSocket, DownstreamH1 } from './downstream-h1.ts';
import type { ConnectedPeer, ListenSurroundings } from './surroundings.ts';

/** PEM texts. */
export type Certificate = { readonly cert: string; readonly key: string };

export type ListenOptions = {
  /** Null: every address, IPv4 and IPv6. */
  readonly hostname: string | null;
  /** 0: one that the system chooses. */
  readonly port: number;
  readonly certificate: Certificate | null;
};

// How often a shutdown looks whether the last exchange is over.
const DRAIN_POLL = millis(20);

const FULL = ascii(
  'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n',
);

/** A bound address. */
export class Listener {
  private readonly open = new Set<DownstreamH1>();
  private readonly perClient = new Map<string, number>();
  private server: { readonly port: number; readonly hostname: string; stop(closeActive: boolean): void } | null = null;

  constructor(
    private readonly options: ListenOptions,
    private readonly around: ListenSurroundings,
  ) {}

  /** Starts to accept; an error is one line for people. */
  start(): Result<{ readonly hostname: string; readonly port: number }, string> {
    const attempts = this.options.hostname === null ? ['::', '0.0.0.0'] : [this.options.hostname];
    let problem = '';
    for (const hostname of attempts) {
      try {
        const server = this.listen(hostname);
        this.server = server;
        return ok({ hostname, port: server.port });
      } catch (error) {
        problem = describeListenError(error, hostname, this.options.port);
      }
    }
    return err(problem);
  }

  /** Client connections open now. */
  get connections(): number {
    return this.open.size;
  }

  /** Accepts no more, lets the exchanges in flight end, and cuts what is left when `expired` says so. */
  async drain(expired: () => boolean, rest: (delay: typeof DRAIN_POLL) => Promise<void>): Promise<void> {
    this.server?.stop(false);
    for (const downstream of this.open) downstream.drain();
    while (this.open.size > 0 && !expired()) await rest(DRAIN_POLL);
    this.stop();
  }

  /** Accepts no more and cuts every connection. */
  stop(): void {
    this.server?.stop(true);
    for (const downstream of this.open) downstream.cut();
    this.open.clear();
  }

  private listen(hostname: string): NonNullable<Listener['server']> {
    const { certificate, port } = this.options;
    const tls = certificate === null ? {} : { tls: { cert: certificate.cert, key: certificate.key } };
    return Bun.listen<DownstreamH1>({ hostname, port, allowHalfOpen: true, socket: this.handlers(), ...tls });
  }

  private accept(socket: DownstreamSocket): void {
    const peer = this.peer(socket);
    if (this.open.size >= this.around.connections || !this.admits(peer.facts.address)) {
      if (this.options.certificate === null) socket.write(FULL);
      socket.end();
      return;
    }
    const downstream = new DownstreamH1(socket, peer, this.around);
    socket.data = downstream;
    this.open.add(downstream);
  }

  private peer(socket: DownstreamSocket): ConnectedPeer {
    const address = plainAddress(socket.remoteAddress); // a slow getter: once for each connection
    const facts = peerFacts({ address, isTls: this.options.certificate !== null });
    return { facts, isTrusted: isInRanges(this.around.trusted(), address) };
  }

  // Counted only where there is a limit.
  private admits(address: string): boolean {
    if (this.around.connectionsPerClient === Number.POSITIVE_INFINITY) return true;
    const count = this.perClient.get(address) ?? 0;
    if (count >= this.around.connectionsPerClient) return false;
    this.perClient.set(address, count + 1);
    return true;
  }

  private leave(address: string): void {
    const count = this.perClient.get(address);
    if (count === undefined) return;
    if (count > 1) this.perClient.set(address, count - 1);
    else this.perClient.delete(address);
  }

  private closed(downstream: DownstreamH1 | undefined): void {
    if (downstream === undefined) return; // refused at once
    this.open.delete(downstream);
    this.leave(downstream.peer.facts.address);
    downstream.closed();
  }

  private handlers() {
    return {
      binaryType: 'uint8array' as const,
      open: (socket: DownstreamSocket): void => this.accept(socket),
      // `data` crosses into native code: it is read once. It is absent where the connection was refused at once.
      data(socket: DownstreamSocket, chunk: Uint8Array): void {
        const downstream: DownstreamH1 | undefined = socket.data;
        if (downstream !== undefined) downstream.received(chunk);
      },
      drain(socket: DownstreamSocket): void {
        const downstream: DownstreamH1 | undefined = socket.data;
        if (downstream !== undefined) downstream.drained();
      },
      end(socket: DownstreamSocket): void {
        const downstream: DownstreamH1 | undefined = socket.data;
        if (downstream !== undefined) downstream.ended();
      },
      close: (socket: DownstreamSocket): void => this.closed(socket.data),
      error: (socket: DownstreamSocket, error: Error): void => {
        this.around.reportBug(error);
        if (socket.data !== undefined) socket.data.cut();
      },
    };
  }
}

// A socket for both families names an IPv4 client as ::ffff:192.0.2.1.
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

function describeListenError(error: unknown, hostname: string, port: number): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
  const address = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on ${address}: another program uses the port; stop it or choose another with --addr`;
    case 'EACCES':
      return `cannot listen on ${address}: not permitted; ports below 1024 need privileges`;
    default:
      return `cannot listen on ${address}: ${code}`;
  }
}
