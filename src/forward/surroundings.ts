// What exchanges need of the gateway.
import type { Clock } from '../core/clock.ts';
import type { Observer } from '../core/observer.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { Millis } from '../core/units.ts';
import type { RequestIds } from '../http1/request-id.ts';
import type { Connections } from '../pools/connections.ts';
import type { SnapshotStore } from './snapshot.ts';

/** What every exchange needs. */
export type ExchangeSurroundings = {
  readonly store: SnapshotStore;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly observer: Observer;
  readonly ids: RequestIds;
  /** In [0, 1). */
  readonly random: () => number;
};

/** Where an exchange goes when it is over. */
export interface ExchangeHome<E> {
  give(exchange: E): void;
  /** The time, for an exchange that is to be measured; 0 for one that is not. */
  measure(): Millis;
}
