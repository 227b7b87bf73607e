// Lets connections in at one address: refuses those that are too many, waits for a PROXY protocol header or a TLS handshake,
// and hands each to the protocol that it speaks. One handler object serves all sockets; the state of each is its `data`.
import type { Socket } from 'bun';
import type { CertificateSource } from '../core/certificate-source.ts';
import { isInRanges } from '../core/cidr.ts';
import { ceilingsOf } from '../core/descriptors.ts';
import type { ListenerNumbers } from '../core/connection-cells.ts';
import { type Failure, failure } from '../core/failure.ts';
import { ascii, join } from '../message/bytes.ts';
import type { ClientFacts, TlsFacts } from '../message/contract.ts';
import type { AcceptProtocol, AcceptedConnection, ConnectionTools, ListenRules, ListenerTools } from './contract.ts';
import { DoorCounts, type DoorReport } from './door-counts.ts';
import { HandshakingConnection } from './handshaking-connection.ts';
import { Handshakes } from './handshakes.ts';
import { PerClient } from './per-client.ts';
import { ProxiedConnection } from './proxied-connection.ts';
import type { AcceptHandlers } from './sockets.ts';
import { SocketTlsFacts } from './tls-facts.ts';

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

type AcceptedSocket = Socket<AcceptedConnection>;

export class Door {
  /** Every connection that is let in, until it is gone. */
  readonly open = new Set<AcceptedConnection>();
  readonly tools: ConnectionTools;
  /** HOST:PORT or unix:PATH; empty until its listener has a socket. */
  place = '';
  private readonly plainHandlers = this.makeHandlers();
  private readonly handlersAboveTls = {
    ...this.plainHandlers,
    open(): void {},
    handshake: (socket: AcceptedSocket, isDone: boolean): void => this.shaken(socket, isDone),
  };
  /** The names of the protocols, as ALPN has them on the wire. */
  private readonly offered: Uint8Array;
  private readonly counts = new DoorCounts();
  private readonly perClient: PerClient;
  /** What others are told of the address is another listener's to say. */
  private hasLeft = false;
  /** Null: no connection has come yet. */
  private shared: ListenerNumbers | null = null;
  private readonly handshakes: Handshakes;

  constructor(
    private options: DoorOptions,
    tools: ListenerTools,
    private readonly spoken: readonly [AcceptProtocol, ...AcceptProtocol[]],
  ) {
    const { rules } = options;
    this.tools = {
      ...tools,
      ...rules,
      headLimits: { ...rules.headLimits },
      isDraining: false,
      isEnding: false,
      isCrowded: () => this.publish() * 2 >= this.tools.connections,
    };
    this.offered = alpnList(spoken.flatMap(({ alpn }) => alpn));
    this.perClient = new PerClient(rules.connectionsPerClient, () => this.numbers);
    this.handshakes = new Handshakes(tools.connectionCells.shareOf(rules.handshakes));
  }

  /** What the listening socket tells. Also for TLS it is a plain one, and each connection is made a TLS one when it has been
   * accepted: the runtime cannot change the certificate of a socket that listens. */
  get handlers(): AcceptHandlers {
    return this.options.certificates === null ? this.plainHandlers : this.handlersBelowTls();
  }

  /** Goes on by other options. What connections share is changed in place, so that those that are open have it, too. */
  change(options: DoorOptions): void {
    const { headLimits, ...rules } = options.rules;
    this.options = options;
    Object.assign(this.tools, rules);
    Object.assign(this.tools.headLimits, headLimits);
    this.handshakes.limit = rules.handshakes;
    this.perClient.change(rules.connectionsPerClient, this.open);
  }

  /** Its address is gone, or another listener's: every answer is the last of its connection. */
  leave(): void {
    this.tools.isDraining = true;
    this.publish();
    this.hasLeft = true;
  }

  get report(): DoorReport {
    const { open, handshakes, counts, place } = this;
    return { address: place, open: open.size, handshaking: handshakes.size, counts };
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
    else if (this.options.certificates !== null) this.shake(socket, address);
    else if (this.admits(socket, address)) this.serve(socket, address, null);
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
    socket.terminate();
  }

  // Counts the connection for its client, or refuses it.
  private admits(socket: AcceptedSocket, address: string): boolean {
    if (this.perClient.admits(address)) return true;
    this.counts.beyondClient++;
    const { limit } = this.perClient;
    this.refuse(socket, failure('too-many-connections'), 'limits.connections_per_client', limit, address);
    return false;
  }

  private shake(plain: AcceptedSocket, address: string): void {
    const room = this.handshakes.room();
    if (room !== 'free') this.tellOfHandshakes();
    if (room === null) {
      plain.end();
      return;
    }
    if (room !== 'free') room.cut();
    if (!this.admits(plain, address)) return;
    const connection = new HandshakingConnection(plain, address, this.tools, this.counts, () =>
      this.secure(plain, connection),
    );
    this.handshakes.add(connection);
    this.own(plain, connection);
    connection.begin();
  }

  // The runtime keeps what it has made of a certificate: this takes 40 µs, where a handshake takes 400.
  private secure(plain: AcceptedSocket, connection: HandshakingConnection): void {
    const { certificates } = this.options;
    const served = certificates?.find(null) ?? null;
    const [pair] = served?.pairs ?? [];
    if (pair === undefined) return connection.cut();
    const { cert, key } = pair;
    connection.served = served;
    const options = {
      isServer: true, // missing in the runtime's types
      tls: { cert, key, ALPNProtocols: this.offered },
      socket: this.handlersAboveTls,
    };
    const [, socket] = plain.upgradeTLS<AcceptedConnection>(options);
    connection.socket = socket;
    socket.data = connection;
    socket.resume(); // it may have waited unread
  }

  private tellOfHandshakes(): void {
    this.counts.beyondHandshakes++;
    this.tellOfRefusal('limits.handshakes', this.tools.handshakes, null);
  }

  private own(socket: AcceptedSocket, connection: AcceptedConnection): void {
    socket.data = connection;
    this.open.add(connection);
  }

  private awaitHeader(socket: AcceptedSocket, address: string): void {
    const isBelieved = this.options.proxyProtocol === 'any' || isInRanges(this.tools.trusted(), address);
    const proxied = new ProxiedConnection(socket, this.tools, (named, rest) => {
      this.open.delete(proxied);
      const client = isBelieved ? (named ?? address) : address;
      if (!this.admits(socket, client)) return;
      const connection = this.serve(socket, client, null);
      if (rest.length > 0) connection.received(rest);
    });
    this.own(socket, proxied);
  }

  // After a handshake that failed, the runtime closes the socket.
  private shaken(socket: AcceptedSocket, isDone: boolean): void {
    const connection: AcceptedConnection | undefined = socket.data;
    if (!(connection instanceof HandshakingConnection)) return;
    const { served } = connection;
    if (!isDone || served === null) {
      if (!connection.isCut) this.counts.handshakesFailed++;
      return;
    }
    connection.done();
    this.handshakes.delete(connection);
    this.open.delete(connection);
    this.serve(socket, connection.countedFor, new SocketTlsFacts(socket, served));
  }

  private serve(socket: AcceptedSocket, address: string, tls: TlsFacts | null): AcceptedConnection {
    const protocol = protocolOf(this.spoken, tls?.alpn ?? null);
    const { version } = protocol;
    const facts: ClientFacts = { address, isTls: tls !== null, tls, version, claims: null };
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

  private tellOfRefusal(limit: string, value: number, client: string | null): void {
    const { place } = this;
    this.tools.warn(`connection refused: ${limit}`, () => ({
      listener: place,
      limit: value,
      ...(client === null ? {} : { client }),
    }));
  }

  private closed(connection: AcceptedConnection | undefined): void {
    if (connection === undefined) return; // refused at once
    this.open.delete(connection);
    this.publish();
    if (connection.countedFor !== null) this.perClient.leave(connection.countedFor);
    if (connection instanceof HandshakingConnection) this.handshakes.delete(connection);
    connection.closed();
  }

  // Of the plain socket below TLS nothing but its beginning concerns anybody: the TLS socket tells of everything else.
  private handlersBelowTls() {
    return {
      binaryType: 'uint8array' as const,
      open: (socket: AcceptedSocket): void => this.accept(socket),
      drain(): void {}, // the runtime wants a handler for `data` or `drain`; for `data` it would copy every read
      // Before the handshake begins.
      close: (socket: AcceptedSocket): void => {
        const connection: AcceptedConnection | undefined = socket.data;
        if (connection instanceof HandshakingConnection && !connection.hasBegun) this.closed(connection);
      },
      error(): void {},
    };
  }

  private makeHandlers() {
    return {
      binaryType: 'uint8array' as const,
      open: (socket: AcceptedSocket): void => this.accept(socket),
      // `socket.data` crosses into native code, so each handler reads it once. It is absent if the connection was refused.
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
        this.tools.reportBug(error);
        const connection: AcceptedConnection | undefined = socket.data;
        if (connection !== undefined) connection.cut();
      },
    };
  }
}

function protocolOf(spoken: readonly AcceptProtocol[], name: string | null): AcceptProtocol {
  const chosen = name === null ? undefined : spoken.find(({ alpn }) => alpn.includes(name));
  return chosen ?? spoken[0];
}

// The names in wire form (RFC 7301 3.1), since the runtime takes no list.
function alpnList(names: readonly string[]): Uint8Array {
  return join(...names.flatMap((name) => [Uint8Array.of(name.length), ascii(name)]));
}

// A socket that serves both families gives the address of an IPv4 client as ::ffff:192.0.2.1.
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

const UNIX = 'unix:';
const UNIX_PEER = 'unix';
