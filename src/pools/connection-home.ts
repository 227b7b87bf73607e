// What a connection to a backend needs of the gateway, and of whoever keeps it between two exchanges.
import type { Sending } from '../core/outbox.ts';
import type { ReadTurns } from '../core/read-turns.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import type { Backend, KeptConnection } from './backend.ts';

/** What connections to backends need of the gateway. */
export type ConnectionSurroundings = {
  readonly wheel: TimerWheel;
  readonly headLimits: HeadLimits;
  /** How many idle connections may be kept, all backends together. */
  readonly idleLimit: number;
  readonly sending: Sending;
  readonly turns: ReadTurns;
  /** Told of an exception in a handler: a bug of the gateway's. */
  readonly reportBug: (error: Error) => void;
};

/** Keeps connections between two exchanges. */
export interface ConnectionHome {
  readonly wheel: TimerWheel;
  readonly around: ConnectionSurroundings;
  /** Keeps a connection for the next exchange; false: there is no room. */
  keep(backend: Backend, connection: KeptConnection, limit: number): boolean;
  /** A kept connection is gone. */
  forget(backend: Backend, connection: KeptConnection): void;
}
