// Good answers are counted in the cells, and nobody is told of each: the owner of standing looks when it needs to know.
// All that it has not seen yet came in one tick of the wheel, so that it can be taken into account as if it had been told
// one by one.
import { type Cells, type Slot, trafficFields } from '../core/cells.ts';
import type { EvidenceSink } from './contract.ts';

/** Counts what backends answer. */
export class Tally {
  constructor(
    private readonly traffic: Cells<'traffic'>,
    private readonly wheel: { readonly now: number },
    private readonly sink: Pick<EvidenceSink, 'settle'>,
  ) {}

  /** An answer has begun; `isServed`: it is no 5xx. True: it is the first in this tick. */
  heard(slot: Slot, isServed: boolean): boolean {
    const isFirst = this.turn(slot);
    if (isServed) this.traffic.add(slot, trafficFields.served, 1);
    return isFirst;
  }

  /** A good answer has come to its end: only now it counts, or one that breaks off would be good and bad in one. */
  whole(slot: Slot): void {
    this.turn(slot);
    this.traffic.add(slot, trafficFields.whole, 1);
  }

  private turn(slot: Slot): boolean {
    const { traffic, wheel } = this;
    if (traffic.get(slot, trafficFields.heardAt) === wheel.now) return false;
    this.sink.settle(slot);
    traffic.set(slot, trafficFields.heardAt, wheel.now);
    return true;
  }
}
