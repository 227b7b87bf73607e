// What is counted of a backend for people.
import type { BackendCells } from '../core/backend-cells.ts';
import { type Slot, trafficFields } from '../core/cells.ts';
import { OTHER_BACKENDS } from '../core/series-layout.ts';
import type { TrafficCounters } from '../core/observer.ts';

/** The counters of one backend. One that has left its pool counts no more, because its slot may be another backend's. */
export class Traffic implements TrafficCounters {
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
}
