// What is counted of one backend: in its cells what other processes and people see, and here how long its answers took.
import { type Cells, type Slot, trafficFields } from '../core/cells.ts';
import { type TrafficCounters, UNMEASURED } from '../core/observer.ts';

/** The counters of one backend. A backend that has left its pool is not counted any more: its slot may be another's. */
export class Traffic implements TrafficCounters {
  latency = UNMEASURED;
  isOver = false;

  constructor(
    private readonly cells: Cells<'traffic'>,
    private readonly slot: Slot,
  ) {}

  get requests(): number {
    return this.cells.get(this.slot, trafficFields.requests) >>> 0;
  }

  set requests(count: number) {
    if (!this.isOver) this.cells.set(this.slot, trafficFields.requests, count);
  }

  get failures(): number {
    return this.cells.get(this.slot, trafficFields.failures) >>> 0;
  }

  set failures(count: number) {
    if (!this.isOver) this.cells.set(this.slot, trafficFields.failures, count);
  }
}
