// What a protocol of accepted sockets is, and what a listener and its connections use of the gateway.
import type { Socket } from 'bun';
import type { AddressRange } from '../core/cidr.ts';
import type { Failure } from '../core/failure.ts';
import type { DateLine } from '../core/http-date.ts';
import type { Sending } from '../core/outbox.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Bytes, Millis } from '../core/units.ts';
import type { Exchanges } from '../forward/exchanges.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import type { RequestIds } from '../message/request-id.ts';
import type { ClientFacts } from '../message/contract.ts';

/** The other end of a connection. */
export type ConnectedPeer = { readonly facts: ClientFacts; readonly isTrusted: boolean };

/** An accepted socket, as the protocols see it. */
export type ClientSocket = Pick<Socket, 'write' | 'pause' | 'resume' | 'shutdown' | 'end' | 'terminate'>;

/** One entry of the registry. */
export type AcceptProtocol = {
  /** Its names where a TLS client says what it speaks (RFC 7301). */
  readonly alpn: readonly string[];
  /** Of HTTP, as Via names it. */
  readonly version: ClientFacts['version'];
  /** Makes the owner of a socket whose handshake, where it has one, is over. */
  accept(socket: ClientSocket, peer: ConnectedPeer, tools: ConnectionTools): AcceptedConnection;
  /** All that a client hears over a plain socket that is closed at once. */
  refusal(why: Failure): Uint8Array;
};

/** The owner of an accepted socket, as its listener sees it. */
export interface AcceptedConnection {
  /** The client that it counts for; null: not known yet. */
  readonly countedFor: string | null;
  received(chunk: Uint8Array): void;
  drained(): void;
  /** The client has sent FIN. */
  ended(): void;
  /** The socket is gone. */
  closed(): void;
  /** The listener stops: end when it is polite. */
  drain(): void;
  /** End now. */
  cut(): void;
}

/** What a listener takes of its clients, and how long it waits for them. */
export type ListenRules = {
  readonly headLimits: HeadLimits;
  readonly timeouts: ListenTimeouts;
  /** Connections open at a time. */
  readonly connections: number;
  /** Of these, from one address. */
  readonly connectionsPerClient: number;
  readonly keepAliveRequests: number;
  /** Bytes per second that a request's body must bring on average. */
  readonly minBodyRate: number;
  /** Bytes per second that a client must take of what waits for it, on average. */
  readonly minResponseRate: number;
  /** What may wait in the kernel to be sent to a client. */
  readonly unsentBytes: Bytes;
};

/** Shared by all listeners. */
export type ListenerTools = {
  readonly wheel: TimerWheel;
  readonly exchanges: Exchanges;
  readonly ids: RequestIds;
  readonly date: DateLine;
  /** Whose word of others is taken. */
  readonly trusted: () => readonly AddressRange[];
  readonly sending: Sending;
  readonly turns: ReadTurns;
  /** An exception in a handler: a bug of the gateway's. */
  readonly reportBug: (error: Error) => void;
};

/** Shared by all connections of a listener. */
export type ConnectionTools = ListenerTools &
  ListenRules & {
    /** True once the listener stops: every response is the last of its connection. */
    isDraining: boolean;
  };

export type ListenTimeouts = {
  /** For a request head, from its first byte. */
  readonly header: Millis;
  /** Between requests. */
  readonly keepAlive: Millis;
  /** Between bytes of a body that the client sends or does not take. */
  readonly idle: Millis;
  /** After our FIN, for the client's. */
  readonly linger: Millis;
};
