// What is counted of a backend for people.
import type { BackendCells } from '../core/backend-cells.ts';
import { type Slot, trafficFields } from '../core/cells.ts';
import { OTHER_BACKENDS, backendSeries } from '../core/series-layout.ts';
import type { TrafficCounters } from '../core/observer.ts';
import type { ConnectionCounts } from '../upstream/contract.ts';

type Connections = { readonly idle: number; readonly open: number };

const KINDS = ['idle', 'open'] as const;

/** The counters of one backend. One that has left its pool counts no more, because its slot may be another backend's. */
export class Traffic implements TrafficCounters, ConnectionCounts {
  isOver = false;

  constructor(
    private readonly cells: BackendCells,
    private readonly slot: Slot,
  ) {}

  get requests(): number {
    return this.cells.traffic.sum(this.slot, trafficFields.requests) >>> 0;
  }

  get failures(): number {
    return this.cells.traffic.sum(this.slot, trafficFields.failures) >>> 0;
  }

  get series(): number {
    return this.isOver || this.cells.series === null ? OTHER_BACKENDS : this.cells.series.ofBackend(this.slot);
  }

  countRequest(): void {
    if (!this.isOver) this.cells.traffic.add(this.slot, trafficFields.requests, 1);
  }

  countFailure(): void {
    if (!this.isOver) this.cells.traffic.add(this.slot, trafficFields.failures, 1);
  }

  opened(): void {
    this.count(backendSeries.opened, 1);
  }

  notOpened(): void {
    this.count(backendSeries.notOpened, 1);
  }

  reused(): void {
    this.count(backendSeries.reused, 1);
  }

  moved(sent: number, received: number): void {
    this.count(backendSeries.bytesTo, sent);
    this.count(backendSeries.bytesFrom, received);
  }

  /** All that the gateway has. `own`: those of this process, if it has had any. */
  connections(which: 'idle' | 'open', own: Connections | null): number {
    if (this.cells.isReader) return this.cells.traffic.sum(this.slot, trafficFields[which]);
    return own === null ? 0 : own[which];
  }

  publish(own: Connections | null): void {
    const { traffic } = this.cells;
    for (const which of KINDS) {
      const count = own === null ? 0 : own[which];
      if (traffic.own(this.slot, trafficFields[which]) !== count) traffic.set(this.slot, trafficFields[which], count);
    }
  }

  private count(at: number, by: number): void {
    this.cells.series?.backends.add(this.series, at, by);
  }
}
