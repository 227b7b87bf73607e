// Accepts connections on one address. One handler object for all sockets; the state of each is its `data`.
import type { Socket } from 'bun';
import { clientKey, isInRanges } from '../core/cidr.ts';
import { type FailureCode, failure } from '../core/failure.ts';
import { type Result, err, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import { out } from '../http1/output.ts';
import { writeLocalHead } from '../http1/write-response.ts';
import { EMPTY, join } from '../message/bytes.ts';
import type { ClientFacts } from '../message/contract.ts';
import { NOBODY, failureResponse } from '../respond/failure-response.ts';
import { DownstreamH1 } from './downstream-h1.ts';
import { ProxiedConnection } from './proxied-connection.ts';
import type { AcceptedConnection, ListenParts, ListenRules, ListenSurroundings } from './surroundings.ts';

/** PEM texts. */
export type Certificate = { readonly cert: string; readonly key: string };

export type ListenOptions = {
  /** Null: every address, IPv4 and IPv6. */
  readonly hostname: string | null;
  /** 0: one that the system chooses. */
  readonly port: number;
  readonly certificate: Certificate | null;
  /** Every connection begins with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  readonly rules: ListenRules;
};

type AcceptedSocket = Socket<AcceptedConnection>;

// How often a shutdown looks whether the last exchange is over.
const DRAIN_POLL = millis(20);

// A connection that only seems idle may have a request on its way: its response is the last one and says so. What is
// still idle after this long is closed.
const LAST_CALL = millis(200);

// Whoever is refused at once gets the same bytes.
const GATEWAY_FULL = refusal('gateway-full');
const CLIENT_FULL = refusal('too-many-connections');

function refusal(code: FailureCode): Uint8Array {
  const response = failureResponse(failure(code), NOBODY);
  return join(out.slice(0, writeLocalHead(out, response, 'close', EMPTY)), response.body);
}

/** A bound address. */
export class Listener {
  private readonly open = new Set<AcceptedConnection>();
  private readonly perClient = new Map<string, number>();
  private readonly around: ListenSurroundings;
  private server: { readonly port: number; readonly hostname: string; stop(closeActive: boolean): void } | null = null;

  constructor(
    private readonly options: ListenOptions,
    parts: ListenParts,
  ) {
    this.around = { ...parts, ...options.rules, isDraining: false };
  }

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

  /** Accepts no more, lets the exchanges in flight end, and cuts what is left when `expired` says so. */
  async drain(expired: () => boolean, rest: (delay: typeof DRAIN_POLL) => Promise<void>): Promise<void> {
    this.around.isDraining = true;
    this.server?.stop(false);
    if (this.open.size > 0) await rest(LAST_CALL);
    for (const connection of this.open) connection.drain();
    while (this.open.size > 0 && !expired()) await rest(DRAIN_POLL);
    this.stop();
  }

  /** Accepts no more and cuts every connection. */
  stop(): void {
    this.server?.stop(true);
    for (const connection of this.open) connection.cut();
    this.open.clear();
  }

  private listen(hostname: string): NonNullable<Listener['server']> {
    const { certificate, port } = this.options;
    const tls = certificate === null ? {} : { tls: { cert: certificate.cert, key: certificate.key } };
    const server = Bun.listen<AcceptedConnection>({
      hostname,
      port,
      allowHalfOpen: true,
      socket: this.handlers(),
      ...tls,
    });
    this.around.sending.kernel.limit(server, this.around.unsentBytes);
    return server;
  }

  private accept(socket: AcceptedSocket): void {
    const address = plainAddress(socket.remoteAddress); // a slow getter: once for each connection
    if (this.open.size >= this.around.connections) return this.refuse(socket, GATEWAY_FULL);
    if (!this.options.proxyProtocol) return this.welcome(socket, address, null);
    const proxied = new ProxiedConnection(socket, this.around, (client, rest) => {
      this.open.delete(proxied);
      this.welcome(socket, client ?? address, rest);
    });
    socket.data = proxied;
    this.open.add(proxied);
  }

  /** `rest`: what has been read of it already. */
  private welcome(socket: AcceptedSocket, address: string, rest: Uint8Array | null): void {
    if (!this.admits(address)) return this.refuse(socket, CLIENT_FULL);
    const isTls = this.options.certificate !== null;
    const facts: ClientFacts = { address, isTls, version: '1.1', claims: null };
    const isTrusted = isInRanges(this.around.trusted(), address);
    const downstream = new DownstreamH1(socket, { facts, isTrusted }, this.around);
    socket.data = downstream;
    this.open.add(downstream);
    if (rest !== null && rest.length > 0) downstream.received(rest);
  }

  // Not over TLS: a handshake costs more than anything that a client may be told.
  private refuse(socket: AcceptedSocket, answer: Uint8Array): void {
    if (this.options.certificate === null) socket.write(answer);
    socket.end();
  }

  // Counted only where there is a limit.
  private admits(address: string): boolean {
    if (this.around.connectionsPerClient === Number.POSITIVE_INFINITY) return true;
    const key = clientKey(address);
    const count = this.perClient.get(key) ?? 0;
    if (count >= this.around.connectionsPerClient) return false;
    this.perClient.set(key, count + 1);
    return true;
  }

  private leave(address: string): void {
    if (this.perClient.size === 0) return;
    const key = clientKey(address);
    const count = this.perClient.get(key) ?? 0;
    if (count > 1) this.perClient.set(key, count - 1);
    else this.perClient.delete(key);
  }

  private closed(connection: AcceptedConnection | undefined): void {
    if (connection === undefined) return; // refused at once
    this.open.delete(connection);
    if (connection instanceof DownstreamH1) this.leave(connection.peer.facts.address);
    connection.closed();
  }

  private handlers() {
    return {
      binaryType: 'uint8array' as const,
      open: (socket: AcceptedSocket): void => this.accept(socket),
      // `data` crosses into native code: it is read once. It is absent where the connection was refused at once.
      data(socket: AcceptedSocket, chunk: Uint8Array): void {
        const connection: AcceptedConnection | undefined = socket.data;
        if (connection !== undefined) connection.received(chunk);
      },
      drain(socket: AcceptedSocket): void {
        const connection: AcceptedConnection | undefined = socket.data;
        if (connection !== undefined) connection.drained();
      },
      end(socket: AcceptedSocket): void {
        const connection: AcceptedConnection | undefined = socket.data;
        if (connection !== undefined) connection.ended();
      },
      close: (socket: AcceptedSocket): void => this.closed(socket.data),
      error: (socket: AcceptedSocket, error: Error): void => {
        this.around.reportBug(error);
        const connection: AcceptedConnection | undefined = socket.data;
        if (connection !== undefined) connection.cut();
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
