// Lets connections in at one address: refuses those that are too many, waits for a PROXY protocol header or a TLS handshake,
// and hands each to the protocol that it speaks. One handler object serves all sockets; the state of each is its `data`.
import type { CertificateSource } from '../core/certificate-source.ts';
import { isInRanges } from '../core/cidr.ts';
import { ceilingsOf } from '../core/descriptors.ts';
import type { ListenerNumbers } from '../core/connection-cells.ts';
import { type Failure, failure } from '../core/failure.ts';
import { EMPTY } from '../message/bytes.ts';
import type { ClientFacts, TlsFacts } from '../message/contract.ts';
import type {
  AcceptProtocol,
  AcceptedConnection,
  ClientSocket,
  ConnectionTools,
  Kept,
  ListenRules,
  ListenerTools,
} from './contract.ts';
import { DoorCounts, type DoorReport } from './door-counts.ts';
import { httpByPreface } from './http-by-preface.ts';
import { PerClient } from './per-client.ts';
import { ProxiedConnection } from './proxied-connection.ts';
import { RequestReadings } from './request-reading.ts';
import { RestingH1 } from './resting-h1.ts';
import type { AcceptHandlers, AcceptedSocket } from './sockets.ts';
import { type EntryDoor, TlsEntry } from './tls/tls-entry.ts';

export type DoorOptions = {
  /** Null: no TLS. */
  readonly certificates: CertificateSource | null;
  /** Unless `off`, every connection begins with a PROXY protocol header. It is believed where it comes from a trusted proxy,
   * or from any peer. */
  readonly proxyProtocol: 'off' | 'trusted' | 'any';
  readonly rules: ListenRules;
  /** Whose share of the descriptors its connections are taken from. */
  readonly share: 'clients' | 'operators';
};

export class Door implements EntryDoor {
  /** Every connection that is let in, until it is gone. */
  readonly open = new Set<AcceptedConnection>();
  readonly tools: ConnectionTools;
  /** HOST:PORT or unix:PATH; empty until its listener has a socket. */
  place = '';
  /** What accepted sockets tell. Also for TLS the listening socket is a plain one: what a client is served with is chosen when
   * it has said what it wants. */
  readonly handlers: AcceptHandlers = this.makeHandlers();
  readonly counts = new DoorCounts();
  private readonly perClient: PerClient;
  /** What others are told of the address is another listener's to say. */
  private hasLeft = false;
  /** Null: no connection has come yet. */
  private shared: ListenerNumbers | null = null;
  private readonly tls: TlsEntry;

  constructor(
    private options: DoorOptions,
    tools: ListenerTools,
    readonly spoken: readonly [AcceptProtocol, ...AcceptProtocol[]],
  ) {
    const { rules } = options;
    const shared = { ...tools, ...rules, headLimits: { ...rules.headLimits } };
    this.tools = Object.assign(shared, {
      readings: new RequestReadings(shared),
      isDraining: false,
      isEnding: false,
      isCrowded: () => this.publish() * 2 >= this.tools.connections,
      lieDown: (socket: ClientSocket, kept: Kept): void =>
        this.handOver(socket, new RestingH1(socket, kept, this.tools)),
      handOver: (socket: ClientSocket, to: AcceptedConnection): void => this.handOver(socket, to),
      tooMuch: (setting: string, client: string): void => {
        this.counts.beyondH2++;
        this.tellOf('connection ended', setting, null, client);
      },
    });
    this.perClient = new PerClient(rules.connectionsPerClient, () => this.numbers);
    this.tls = new TlsEntry(this, tools.connectionCells.shareOf(rules.handshakes));
  }

  certificates(): CertificateSource | null {
    return this.options.certificates;
  }

  /** Goes on by other options. What connections share is changed in place, so that those that are open have it, too. */
  change(options: DoorOptions): void {
    const { headLimits, ...rules } = options.rules;
    this.options = options;
    Object.assign(this.tools, rules);
    Object.assign(this.tools.headLimits, headLimits);
    this.tls.handshakes.limit = rules.handshakes;
    this.perClient.change(rules.connectionsPerClient, this.open);
  }

  /** Its address is gone, or another listener's: every answer is the last of its connection. */
  leave(): void {
    this.tools.isDraining = true;
    this.publish();
    this.hasLeft = true;
  }

  get report(): DoorReport {
    const { open, tls, counts, place } = this;
    const { connections, connectionsPerClient, handshakes } = this.options.rules;
    const limits = {
      connections: finite(connections),
      connectionsPerClient: finite(connectionsPerClient),
      handshakes: finite(handshakes),
    };
    return { address: place, open: open.size, handshaking: tls.handshakes.size, counts, limits };
  }

  private accept(socket: AcceptedSocket): void {
    // A slow getter, so once for each connection. Null, against the runtime's types: the client has reset the connection
    // before it was accepted. The peer of a Unix socket never has an address.
    const peer: string | null | undefined = this.place.startsWith(UNIX) ? UNIX_PEER : socket.remoteAddress;
    if (peer === null || peer === undefined) return this.lost(socket);
    const address = plainAddress(peer);
    const { counts } = this;
    const { descriptors } = this.tools;
    if (this.takesTooMuch(socket)) {
      counts.beyondDescriptors++;
      this.refuse(socket, failure('gateway-full'), 'RLIMIT_NOFILE', descriptors.limit);
    } else if (this.isFull()) {
      counts.beyondConnections++;
      this.refuse(socket, failure('gateway-full'), 'limits.connections', this.tools.connections);
    } else if (this.options.proxyProtocol !== 'off') this.awaitHeader(socket, address);
    else this.letIn(socket, address, EMPTY);
    this.publish();
  }

  private get numbers(): ListenerNumbers {
    this.shared ??= this.tools.connectionCells.of(this.place);
    return this.shared;
  }

  // Tells other processes how many connections are open here. Returns how many are open in all processes.
  private publish(): number {
    return this.hasLeft ? this.open.size : this.numbers.publish(this.open.size);
  }

  // With the one that has come, and that is counted before others are looked at: so of two processes that take the last
  // place, at least one sees the other.
  private isFull(): boolean {
    return this.numbers.publish(this.open.size + 1) > this.tools.connections;
  }

  // Its descriptor is one of those that others need.
  private takesTooMuch(socket: AcceptedSocket): boolean {
    const { descriptors } = this.tools;
    const number = descriptors.numberOf(socket);
    return number !== null && number >= ceilingsOf(descriptors.limit)[this.options.share];
  }

  private lost(socket: AcceptedSocket): void {
    this.counts.reset++;
    this.note('it was reset before it was accepted', null);
    socket.terminate();
  }

  /** Counts the connection for its client, or refuses it. */
  admits(socket: AcceptedSocket, address: string): boolean {
    if (this.perClient.admits(address)) return true;
    this.counts.beyondClient++;
    const { limit } = this.perClient;
    this.refuse(socket, failure('too-many-connections'), 'limits.connections_per_client', limit, address);
    return false;
  }

  // `first`: what has been read of it already.
  private letIn(socket: AcceptedSocket, address: string, first: Uint8Array): void {
    if (this.options.certificates !== null) return this.tls.enter(socket, address, first);
    if (!this.admits(socket, address)) return;
    const connection = this.serve(socket, address, null);
    if (first.length > 0) connection.received(first);
  }

  private handOver(socket: ClientSocket, to: AcceptedConnection): void {
    const { data: from } = socket;
    if (from !== undefined) this.open.delete(from);
    this.own(socket, to);
  }

  own(socket: ClientSocket, connection: AcceptedConnection): void {
    socket.data = connection;
    this.open.add(connection);
  }

  private awaitHeader(socket: AcceptedSocket, address: string): void {
    const isBelieved = this.options.proxyProtocol === 'any' || isInRanges(this.tools.trusted(), address);
    const proxied = new ProxiedConnection(socket, this.tools, (named, rest) => {
      this.open.delete(proxied);
      this.letIn(socket, isBelieved ? (named ?? address) : address, rest);
    });
    this.own(socket, proxied);
  }

  serve(socket: AcceptedSocket, address: string, tls: TlsFacts | null): AcceptedConnection {
    const isUnclear = tls === null && this.tools.takesPlainH2;
    const protocol = isUnclear ? httpByPreface : protocolOf(this.spoken, tls?.alpn ?? null);
    const { version } = protocol;
    // A slow getter, too. Behind PROXY protocol it is the port of the proxy.
    const port = this.options.proxyProtocol === 'off' ? (socket.remotePort ?? 0) : 0;
    const facts: ClientFacts = { address, isTls: tls !== null, tls, version, port, claims: null };
    const isTrusted = isInRanges(this.tools.trusted(), address);
    const connection = protocol.accept(socket, { facts, isTrusted }, this.tools);
    this.counts.accepted++;
    this.own(socket, connection);
    return connection;
  }

  private refuse(
    socket: AcceptedSocket,
    why: Failure,
    limit: string,
    value: number,
    client: string | null = null,
  ): void {
    this.tellOfRefusal(limit, value, client);
    // A TLS client gets no response: the handshake that it needs costs more than refusing the connection saves.
    if (this.options.certificates === null) socket.write(this.spoken[0].refusal(why));
    socket.end();
  }

  /** For those who look for a fault: why a connection was not kept. */
  note(why: string, client: string | null): void {
    if (!this.tools.debug.isOn) return;
    const { place: listener } = this;
    this.tools.debug.write('connection lost', () => ({ why, listener, ...(client === null ? {} : { client }) }));
  }

  tellOfRefusal(limit: string, value: number, client: string | null): void {
    this.tellOf('connection refused', limit, value, client);
  }

  private tellOf(what: string, limit: string, value: number | null, client: string | null): void {
    const { place } = this;
    this.tools.warn(`${what}: ${limit}`, () => ({
      listener: place,
      ...(value === null ? {} : { limit: value }),
      ...(client === null ? {} : { client }),
    }));
  }

  private closed(connection: AcceptedConnection | undefined): void {
    if (connection === undefined) return; // refused at once
    this.open.delete(connection);
    this.publish();
    if (connection.countedFor !== null) this.perClient.leave(connection.countedFor);
    this.tls.leave(connection);
    connection.closed();
  }

  private makeHandlers(): AcceptHandlers {
    return {
      binaryType: 'uint8array',
      open: (socket: AcceptedSocket): void => this.accept(socket),
      // `socket.data` crosses into native code, so each handler reads it once. It is absent if the connection was refused.
      data(socket: AcceptedSocket, chunk: Uint8Array): void {
        const connection = socket.data;
        if (connection !== undefined) connection.received(chunk);
      },
      drain(socket: AcceptedSocket): void {
        const connection = socket.data;
        if (connection !== undefined) connection.drained();
      },
      end(socket: AcceptedSocket): void {
        const connection = socket.data;
        if (connection !== undefined) connection.ended();
      },
      close: (socket: AcceptedSocket): void => this.closed(socket.data),
      error: (socket: AcceptedSocket, error: Error): void => {
        this.tools.reportBug(error);
        const connection = socket.data;
        if (connection !== undefined) connection.cut();
      },
    };
  }
}

function protocolOf(spoken: readonly AcceptProtocol[], name: string | null): AcceptProtocol {
  const chosen = name === null ? undefined : spoken.find(({ alpn }) => alpn.includes(name));
  return chosen ?? spoken[0];
}

// A socket that serves both families gives the address of an IPv4 client as ::ffff:192.0.2.1.
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

function finite(limit: number): number | null {
  return Number.isFinite(limit) ? limit : null;
}

const UNIX = 'unix:';
const UNIX_PEER = 'unix';
