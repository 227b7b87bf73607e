// What a protocol of accepted sockets is, and what a listener and its connections use of the gateway.
import type { Share } from '../admit/share.ts';
import type { ConnectionCells } from '../core/connection-cells.ts';
import type { Socket } from 'bun';
import type { AddressRange } from '../core/cidr.ts';
import type { Descriptors } from '../core/descriptors.ts';
import type { Failure } from '../core/failure.ts';
import type { DateLine } from '../core/http-date.ts';
import type { KernelSockets } from '../core/kernel-sockets.ts';
import type { Sending } from '../core/outbox.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Debug, Warn } from '../core/warn.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { Exchanges } from '../forward/exchanges.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import type { OwnMarks } from '../message/own-marks.ts';
import type { RequestIds } from '../message/request-id.ts';
import type { ClientFacts, ConnectionCount, TlsFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { AfterEvents } from '../core/turn.ts';
import type { AcceptWatch } from './accept-watch.ts';
import type { ReportingDoor } from './door-counts.ts';
import type { H2Limits } from './h2/limits.ts';
import type { RequestReadings } from './request-reading.ts';
import type { TlsSocket } from './tls-facts.ts';

/** The other end of a connection. */
export type ConnectedPeer = { readonly facts: ClientFacts; readonly isTrusted: boolean };

/** An accepted socket, as the protocols see it. */
export type ClientSocket = TlsSocket &
  Pick<
    Socket<AcceptedConnection | undefined>,
    'data' | 'write' | 'pause' | 'resume' | 'shutdown' | 'end' | 'terminate'
  >;

/** What is known of a connection over HTTP/1.1 that goes on after requests. */
export type Kept = ConnectedPeer & {
  /** Requests that have come on it. */
  readonly requests: number;
  /** The tenant that it counts for; null: none. */
  readonly countedBy: ConnectionCount | null;
};

/** A protocol that clients may speak: one entry of the registry. */
export type AcceptProtocol = {
  /** Its names in ALPN, by which a TLS client says what it speaks (RFC 7301). */
  readonly alpn: readonly string[];
  /** The version of HTTP, as Via names it. */
  readonly version: ClientFacts['version'];
  /** Makes the owner of a socket. A TLS handshake is over by then. */
  accept(socket: ClientSocket, peer: ConnectedPeer, tools: ConnectionTools): AcceptedConnection;
  /** The response that a client gets when its connection is refused, as it goes over a plain socket. */
  refusal(why: Failure): Uint8Array;
};

/** The owner of an accepted socket, as its listener sees it. */
export interface AcceptedConnection {
  /** The client that it counts for; null: not known yet. */
  readonly countedFor: string | null;
  /** What would be cut with it. */
  readonly carries: 'nothing' | 'exchange' | 'tunnel';
  received(chunk: Uint8Array): void;
  drained(): void;
  /** The client has sent FIN. */
  ended(): void;
  /** The socket is gone. */
  closed(): void;
  /** The listener stops: end as soon as no exchange is cut by it. `keepsTunnels`: there is time, since another process has taken
   * over. WebSockets go on as if nothing had been, and clients that have just come may ask. */
  drain(keepsTunnels: boolean): void;
  /** End now. */
  cut(): void;
}

/** The limits of a listener for its clients. */
export type ListenRules = {
  readonly headLimits: HeadLimits;
  readonly timeouts: ListenTimeouts;
  /** Connections open at a time. */
  readonly connections: number;
  /** Open connections from one client address. */
  readonly connectionsPerClient: number;
  /** TLS handshakes under way at a time. */
  readonly handshakes: number;
  readonly keepAliveRequests: number;
  /** Bytes per second that a request's body must bring on average. */
  readonly minBodyRate: number;
  /** Bytes per second that a client must take on average while response bytes wait for it. */
  readonly minResponseRate: number;
  /** How much of a body is read and dropped after an answer that did not wait for it. */
  readonly droppedBody: Bytes;
  /** How much may wait in the kernel to be sent to one client. */
  readonly unsentBytes: Bytes;
  /** Clients are told the id of their request. */
  readonly tellsIds: boolean;
  /** A client that has sent FIN still gets the responses that it waits for; otherwise it has gone. */
  readonly allowsHalfClose: boolean;
  /** TLS clients may choose HTTP/2. */
  readonly offersH2: boolean;
  /** Plain clients may speak HTTP/2 from their first byte. */
  readonly takesPlainH2: boolean;
  readonly h2: H2Limits;
};

/** What all listeners share. */
export type ListenerTools = {
  readonly wheel: TimerWheel;
  readonly exchanges: Exchanges;
  readonly ids: RequestIds;
  readonly marks: OwnMarks;
  readonly date: DateLine;
  /** The peers whose forwarding fields the gateway believes. */
  readonly trusted: () => readonly AddressRange[];
  readonly sending: Sending;
  readonly turns: ReadTurns;
  /** Runs a task when the events at hand are dealt with. */
  readonly atEnd: AfterEvents;
  /** What handshakes have of the event loop. */
  readonly arrivals: Share;
  /** True if the client of a socket that is not read has sent FIN; false as well where the system does not tell. */
  readonly peerHasEnded: (socket: ClientSocket) => boolean;
  /** True if the client has sent what has not been read yet, perhaps a request; false as well where the system does not tell. */
  readonly hasUnread: (socket: object) => boolean;
  /** Tells the client at once that its bytes have come, not with the answer to them. */
  readonly acknowledge: (socket: object) => void;
  /** Whether a client may know why its request has failed. Null: its request could not be read. */
  readonly seesReasons: (head: Head | null, client: ClientFacts) => boolean;
  /** Takes an exception of a handler, which is a bug in the gateway. */
  readonly reportBug: (error: Error) => void;
  readonly warn: Warn;
  readonly debug: Debug;
  readonly descriptors: Descriptors;
  /** Null: not on this system. */
  readonly sockets: KernelSockets | null;
  readonly watch: AcceptWatch;
  /** What all processes have of connections. */
  readonly connectionCells: ConnectionCells;
  /** A TLS handshake with a client has succeeded. */
  readonly handshaken: (facts: Pick<TlsFacts, 'version' | 'isResumed'>) => void;
  /** The listener and its last connection have ended. */
  readonly ended: () => void;
  /** Of the listeners that are open, or that still have connections. */
  readonly doors: Set<ReportingDoor>;
};

/** What all connections of a listener share. */
export type ConnectionTools = ListenerTools &
  ListenRules & {
    /** What its requests are read by, over HTTP/1.1. */
    readonly readings: RequestReadings;
    /** True before the listener ends: every response is the last of its connection. */
    isDraining: boolean;
    /** True once it ends: a tunnel that begins has to end. */
    isEnding: boolean;
    /** Nothing has come on a connection for some seconds: one that keeps less owns its socket from here on. */
    readonly lieDown: (socket: ClientSocket, kept: Kept) => void;
    /** Another connection owns the socket from here on. */
    readonly handOver: (socket: ClientSocket, to: AcceptedConnection) => void;
    /** Half of its connections are open. */
    readonly isCrowded: () => boolean;
    /** A client has gone beyond that limit, and its connection ends. */
    readonly tooMuch: (setting: string, client: string) => void;
  };

export type ListenTimeouts = {
  /** For a TLS handshake, from the moment the connection is accepted. */
  readonly handshake: Millis;
  /** For a request head, from its first byte. */
  readonly header: Millis;
  /** Between requests. */
  readonly keepAlive: Millis;
  /** Without a byte of a body, either from the client or taken by it. */
  readonly idle: Millis;
  /** For the client's FIN, after the gateway's. */
  readonly linger: Millis;
};
