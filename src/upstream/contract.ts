// A way to a backend. HTTP/1.1 lends a connection, another protocol may lend one stream of many; nobody above can tell.
import type { ConnectAddress } from '../core/connector.ts';
import type { Dial } from '../core/dial.ts';
import type { Failure } from '../core/failure.ts';
import type { Sending } from '../core/outbox.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Millis } from '../core/units.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import type { OriginFacts, Upstream, UpstreamEvents } from '../message/contract.ts';

/** All ways to one backend, in one protocol. */
export interface Transport {
  /** Connections that are open or being opened. */
  readonly open: number;
  /** Of these, those that no exchange uses. */
  readonly idle: number;
  /** When the latest byte came from the backend, in ticks of the wheel; 0: none has. */
  readonly heardAt: number;
  /** Since when the exchange that has waited longest waits for the first byte of its answer, in ticks; 0: none waits.
   * Looks at all connections. */
  readonly waitingSince: number;
  /** A way for one exchange: usable at once (`isOpen`), or `connected` follows; it may also have failed within the call.
   * The backend counts the exchange already, and hears `released` when it has no claim any more. `fresh`: over a new
   * connection, because a kept one has just turned out to be dead. */
  acquire(events: UpstreamEvents, limits: TransportLimits, want: 'any' | 'fresh'): Upstream;
  /** Has so many connections ready ahead of the exchanges that will want them. */
  warm(count: number, limits: TransportLimits): void;
  /** The backend is in doubt: exchanges that still wait for its answer are told. */
  doubt(): void;
  /** Ends whatever it is still doing. */
  cut(why: Failure): void;
  /** Closes what is idle, and keeps nothing from here on: the backend is gone from the configuration, or the gateway
   * ends. Exchanges end as they began. */
  closeIdle(): void;
}

/** What the tenant of an exchange allows it. */
export type TransportLimits = {
  /** Connections kept for later exchanges. */
  readonly maxIdle: number;
  readonly idleTimeout: Millis;
  readonly connectTimeout: Millis;
  readonly firstByteTimeout: Millis;
  readonly streamIdleTimeout: Millis;
  readonly tunnelIdleTimeout: Millis;
};

/** The backend, as its transport sees it. */
export interface TransportTarget {
  readonly address: ConnectAddress;
  readonly origin: OriginFacts;
  /** An exchange has no claim on the backend any more. */
  released(): void;
  /** The way of an exchange has become a tunnel. */
  tunnelBegan(): void;
  tunnelEnded(): void;
}

/** What all transports of the gateway share. */
export type TransportTools = {
  readonly dial: Dial;
  readonly wheel: TimerWheel;
  readonly headLimits: HeadLimits;
  /** Idle connections to all backends together. */
  readonly idle: IdleCount;
  readonly sending: Sending;
  readonly turns: ReadTurns;
  /** Told of an exception in a handler: a bug of the gateway's. */
  readonly reportBug: (error: Error) => void;
};

export type IdleCount = { count: number; readonly limit: number };

/** One entry of the registry. */
export type TransportKind = {
  create(target: TransportTarget, tools: TransportTools): Transport;
};
