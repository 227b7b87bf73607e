// What a listener and its connections need of the gateway.
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Millis } from '../core/units.ts';
import type { Exchanges } from '../forward/exchanges.ts';
import type { HeadLimits } from '../http1/head-parser.ts';

/** Shared by all connections of a listener. */
export type ListenSurroundings = {
  readonly wheel: TimerWheel;
  readonly exchanges: Exchanges;
  readonly headLimits: HeadLimits;
  readonly timeouts: ListenTimeouts;
  /** Connections open at a time. */
  readonly connections: number;
  readonly keepAliveRequests: number;
  /** True once the gateway shuts down: every response is the last of its connection. */
  isDraining: boolean;
  /** A request was refused before it became an exchange. */
  refused(): void;
  /** An exception in a handler: a bug of the gateway's. */
  reportBug(error: Error): void;
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
