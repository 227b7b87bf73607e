// Lets TLS clients in at a listener: hears what each wants, chooses what it is served with, has the handshake made, and judges
// it.
import type { CertificateSource, ServedCertificate } from '../../core/certificate-source.ts';
import { failure } from '../../core/failure.ts';
import { ascii, join } from '../../message/bytes.ts';
import type { TlsFacts } from '../../message/contract.ts';
import type { AcceptProtocol, AcceptedConnection, ConnectionTools } from '../contract.ts';
import type { DoorCounts } from '../door-counts.ts';
import { type Choice, type HandshakeOwner, HandshakingConnection, type Heard } from '../handshaking-connection.ts';
import { Handshakes } from '../handshakes.ts';
import type { AcceptHandlers, AcceptedSocket } from '../sockets.ts';
import { SocketTlsFacts } from '../tls-facts.ts';
import { type ClientHello, askedName } from './client-hello.ts';
import { contextOf, contextOfChallenge } from './secure-contexts.ts';
import { upgradeToTls } from './upgrade.ts';

/** The listener's door, as its TLS entry sees it. */
export type EntryDoor = {
  readonly tools: ConnectionTools;
  readonly counts: DoorCounts;
  /** Every connection that is let in, until it is gone. */
  readonly open: Set<AcceptedConnection>;
  readonly spoken: readonly [AcceptProtocol, ...AcceptProtocol[]];
  readonly handlers: AcceptHandlers;
  certificates(): CertificateSource | null;
  /** Counts the connection for its client, or refuses it. */
  admits(socket: AcceptedSocket, address: string): boolean;
  own(socket: AcceptedSocket, connection: AcceptedConnection): void;
  serve(socket: AcceptedSocket, address: string, tls: TlsFacts | null): AcceptedConnection;
  note(why: string, client: string | null): void;
  tellOfRefusal(limit: string, value: number, client: string | null): void;
};

// The protocol by which an authority asks whether a name leads here (RFC 8737). Nothing is said over it.
const ACME = 'acme-tls/1';
const ACME_ALONE = alpnList([ACME]);
// A fatal alert before anything is encrypted (RFC 8446 6): unrecognized_name.
const UNRECOGNIZED_NAME = Uint8Array.of(21, 3, 3, 0, 2, 2, 112);

export class TlsEntry implements HandshakeOwner {
  readonly handshakes: Handshakes;
  /** The names of the protocols, as ALPN has them on the wire: all of them, and those without HTTP/2. */
  private readonly allNames: Uint8Array;
  private readonly olderNames: Uint8Array;
  private readonly handlers: AcceptHandlers;

  constructor(
    private readonly door: EntryDoor,
    limit: number,
  ) {
    this.handshakes = new Handshakes(limit);
    // The latest version first: the gateway chooses among those that the client names.
    const all = door.spoken.toReversed();
    this.allNames = alpnList(all.flatMap(({ alpn }) => alpn));
    this.olderNames = alpnList(all.flatMap(({ alpn, version }) => (version === '2.0' ? [] : alpn)));
    this.handlers = {
      ...door.handlers,
      open(): void {},
      handshake: (socket: AcceptedSocket, isDone: boolean): void => this.shaken(socket, isDone),
    };
  }

  /** A client has come. `first`: what has been read of it already. */
  enter(plain: AcceptedSocket, address: string, first: Uint8Array): void {
    const { door, handshakes } = this;
    if (!door.admits(plain, address)) return;
    this.makeRoom();
    const connection = new HandshakingConnection(plain, address, door.tools, door.counts, this);
    handshakes.add(connection);
    door.own(plain, connection);
    if (first.length > 0) connection.received(first);
  }

  heard(connection: HandshakingConnection, verdict: Heard): void {
    this.handshakes.hasSpoken(connection);
    if (!this.waits(verdict, connection)) this.awaited(connection);
  }

  awaited(connection: HandshakingConnection): void {
    const { hello } = connection;
    connection.choice = hello === null ? null : this.choose(hello, connection);
    if (connection.choice !== null) connection.begin();
  }

  late({ countedFor }: HandshakingConnection): void {
    this.door.note('its TLS handshake was not over in time', countedFor);
  }

  /** The connection is gone. */
  leave(connection: AcceptedConnection): void {
    if (connection instanceof HandshakingConnection) this.handshakes.delete(connection);
  }

  private makeRoom(): void {
    const oldest = this.handshakes.whoGivesWay();
    if (oldest === null) return;
    const { counts, tools } = this.door;
    counts.beyondHandshakes++;
    this.door.tellOfRefusal('limits.handshakes', tools.handshakes, null);
    this.handshakes.delete(oldest);
    oldest.cut();
  }

  // A certificate may be got for its client.
  private waits(verdict: Heard, connection: HandshakingConnection): boolean {
    const certificates = this.door.certificates();
    if (typeof verdict === 'string' || certificates === null) return false;
    const { serverName } = verdict;
    if (serverName === null || asksForProof(verdict)) return false;
    return connection.awaits(certificates, serverName);
  }

  private failed(why: string, { countedFor }: HandshakingConnection): void {
    this.door.counts.handshakesFailed++;
    this.door.note(why, countedFor);
  }

  // Null: there will be no handshake.
  private choose(verdict: Heard, connection: HandshakingConnection): Choice | null {
    if (typeof verdict === 'string') {
      this.failed(verdict === 'plain' ? 'it came without TLS' : 'it did not begin with a TLS handshake', connection);
      if (verdict === 'plain') return this.answer(connection, this.door.spoken[0].refusal(failure('plain-http')));
      connection.cut();
      return null;
    }
    const choice = this.choiceFor(verdict);
    if (choice !== null) return choice;
    this.failed(`there is no certificate for ${verdict.serverName ?? 'a client that names no host'}`, connection);
    return this.answer(connection, UNRECOGNIZED_NAME);
  }

  private choiceFor(hello: ClientHello): Choice | null {
    const { serverName } = hello;
    const certificates = this.door.certificates();
    const challenge = serverName !== null && asksForProof(hello) ? certificates?.challenge(serverName) : null;
    if (challenge !== null && challenge !== undefined)
      return { served: null, context: contextOfChallenge(challenge), offered: ACME_ALONE };
    const served = certificates?.find(serverName) ?? null;
    return served === null ? null : { served, context: contextOf(served), offered: this.offered };
  }

  private get offered(): Uint8Array {
    return this.door.tools.offersH2 ? this.allNames : this.olderNames;
  }

  private answer(connection: HandshakingConnection, word: Uint8Array): null {
    this.handshakes.delete(connection);
    connection.answer(word);
    return null;
  }

  secure(connection: HandshakingConnection, begun: Uint8Array): void {
    const { choice, socket: plain } = connection;
    if (choice === null) return;
    const { served, context, offered } = choice;
    plain.data = undefined;
    const asks = served?.clientAuth?.mode ?? 'nobody';
    const socket = upgradeToTls(plain, { context, asks, offered, begun, owner: connection }, this.handlers);
    connection.socket = socket;
    socket.resume(); // it may have waited unread
  }

  // After a handshake that failed, the runtime closes the socket.
  private shaken(socket: AcceptedSocket, isDone: boolean): void {
    const { data: connection } = socket;
    if (!(connection instanceof HandshakingConnection)) return;
    const { open, tools } = this.door;
    if (!isDone) {
      if (!connection.isCut) this.failed('its TLS handshake failed', connection);
      return;
    }
    const served = connection.choice === null ? null : connection.choice.served;
    if (served === null) {
      socket.end(); // all that the authority wants to see is the certificate
      return;
    }
    const facts = new SocketTlsFacts(socket, served);
    if (!isGood(facts, served, connection)) {
      this.failed('its certificate is not trusted, or its host has changed in the handshake', connection);
      connection.cut();
      return;
    }
    tools.handshaken(facts);
    connection.done();
    this.handshakes.delete(connection);
    open.delete(connection);
    this.door.serve(socket, connection.countedFor, facts);
    if (clientWasLast(facts)) tools.acknowledge(socket); // unless the protocol has sent something already
  }
}

// It is an authority that wants to see whose the name is.
function asksForProof({ protocols }: ClientHello): boolean {
  return protocols.length === 1 && protocols[0] === ACME;
}

// The runtime says of an untrusted certificate that the handshake is done, before it closes the socket. And the connection is
// for the name by which its rules were chosen.
function isGood(
  { serverName, clientCertificate }: SocketTlsFacts,
  { clientAuth }: ServedCertificate,
  chosenFor: HandshakingConnection,
): boolean {
  const isAllowed = clientAuth?.mode !== 'require' || clientCertificate?.isTrusted === true;
  return isAllowed && (serverName === null ? null : askedName(serverName)) === chosenFor.serverName;
}

// A client that gathers what it sends keeps its request back until this is acknowledged (Nagle).
function clientWasLast({ version, isResumed }: TlsFacts): boolean {
  return version === 'TLSv1.3' || isResumed;
}

// The names in wire form (RFC 7301 3.1), since the runtime takes no list.
function alpnList(names: readonly string[]): Uint8Array {
  return join(...names.flatMap((name) => [Uint8Array.of(name.length), ascii(name)]));
}
