// The contract of the ways to a backend. HTTP/1.1 lends a whole connection to an exchange, another protocol may lend
// one stream of many; the exchange need not know which.
import type { ConnectAddress } from '../core/connector.ts';
import type { Dial } from '../core/dial.ts';
import type { Failure } from '../core/failure.ts';
import type { Sending } from '../core/outbox.ts';
import type { Shortage } from '../core/shortage.ts';
import type { Payer, ReadTurns } from '../core/read-turns.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Millis } from '../core/units.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import type { OriginFacts, Upstream, UpstreamEvents } from '../message/contract.ts';

/** `fresh`: over a new connection, because a kept one has just turned out to be dead. `sound`: over none that the backend has
 * closed, as far as can be known, because the request cannot be repeated. */
export type WantedWay = 'any' | 'sound' | 'fresh';

/** All ways to one backend, in one protocol. */
export interface Transport {
  /** Connections that are open or being opened. */
  readonly open: number;
  /** Of these, those that no exchange uses. */
  readonly idle: number;
  /** When the latest byte came from the backend, in ticks of the wheel; 0: none has. */
  readonly heardAt: number;
  /** When the exchange began to wait that has waited longest for the first byte of its answer, in ticks; 0: none waits.
   * It takes a look at all connections. */
  readonly waitingSince: number;
  /** Lends a way to one exchange. It is usable at once (`isOpen`), or `connected` follows; it may also fail within this
   * call. The backend counts the exchange already, and hears `released` when the exchange has ended here. `changesProtocol`: the request asks to change
   * the protocol of its connection. */
  acquire(events: UpstreamEvents, limits: TransportLimits, want: WantedWay, changesProtocol?: boolean): Upstream;
  /** Opens connections ahead, until there are so many. */
  warm(count: number, limits: TransportLimits): void;
  /** The backend is in doubt: exchanges that still wait for its answer are told. */
  doubt(): void;
  /** Cuts off every exchange that it has. */
  cut(why: Failure): void;
  /** Closes idle connections, and keeps none of those that are in use, because the backend may not be where they lead any
   * more. Later connections are kept as usual. */
  dropIdle(): void;
  /** Closes idle connections, because their descriptors are needed. Later ones are kept again. */
  shed(): void;
  /** Closes idle connections, and keeps none from here on, because the backend is gone from the configuration or the
   * gateway ends. Exchanges under way go on to their end. */
  closeIdle(): void;
  /** Keeps connections again: the backend has come back before its last exchange has ended. */
  keepAgain(): void;
}

/** Limits of the exchange's tenant. */
export type TransportLimits = {
  /** Connections that all processes together may have to the backend, where each carries many requests. */
  readonly maxConnections: number;
  /** Connections kept for later exchanges. */
  readonly maxIdle: number;
  readonly idleTimeout: Millis;
  /** The same for a connection of HTTP/1.1 beyond `maxIdle`, or beyond what all backends may have together. */
  readonly surplusTimeout: Millis;
  readonly connectTimeout: Millis;
  readonly firstByteTimeout: Millis;
  readonly streamIdleTimeout: Millis;
  readonly tunnelIdleTimeout: Millis;
  /** An answer whose body flows for longer is a stream. */
  readonly streamAfter: Millis;
  /** A connection of HTTP/2 that has been silent for so long while requests wait is asked whether it lives. */
  readonly pingAfter: Millis;
};

/** What is counted of connections to a backend. */
export interface ConnectionCounts {
  opened(): void;
  /** The system or the backend has refused it, or its handshake has failed, or it has taken too long. */
  notOpened(): void;
  /** A request got one that was open already. */
  reused(): void;
  /** So many bytes more, before they were encrypted. */
  moved(sent: number, received: number): void;
}

/** The backend, as its transport sees it. */
export interface TransportTarget {
  readonly address: ConnectAddress;
  readonly origin: OriginFacts;
  /** Pays for what is read from it. */
  readonly payer: Payer;
  readonly traffic: ConnectionCounts;
  /** The number of the trial that the exchange is which is lent a way now; 0: it is none. */
  takeTrial(): number;
  /** An exchange at the backend has ended. `trial`: what `takeTrial` said of it. */
  released(trial: number): void;
  /** Connections that carry many requests each, of all processes. */
  readonly connections: number;
  connectionBegan(): void;
  connectionEnded(): void;
  /** A connection lent to an exchange has become a tunnel. */
  tunnelBegan(): void;
  tunnelEnded(): void;
  /** A connection lent to an exchange has become a tunnel, or brings an answer that goes on and on. True: it does not count
   * against the most requests that the backend may have, and its end is told by `streamEnded` in place of `released`. */
  streamBegan(): boolean;
  streamEnded(trial: number): void;
}

/** What all transports of the gateway share. */
export type TransportTools = {
  readonly dial: Dial;
  /** True if the other end of a socket has closed it, and nobody has been told yet; false as well where the system does not
   * tell. */
  readonly peerHasEnded: (socket: object) => boolean;
  readonly wheel: TimerWheel;
  readonly headLimits: HeadLimits;
  /** Idle connections to all backends together. */
  readonly idle: IdleCount;
  readonly sending: Sending;
  readonly turns: ReadTurns;
  /** Is told of an exception in a handler, which is a bug of the gateway. */
  readonly reportBug: (error: Error) => void;
  /** Is told that no connection could be opened, for want of something of the gateway's own. */
  readonly reportShortage: (shortage: Shortage) => void;
};

export type IdleCount = { count: number; limit: number };

/** One entry of the registry. */
export type TransportKind = {
  create(target: TransportTarget, tools: TransportTools): Transport;
};
