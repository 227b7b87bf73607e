// Counts good answers in the cells, so that the owner of standing need not be told of each: it looks when it needs to
// know. The owner is told when a new tick of the wheel begins, so that all it has not seen yet came within one tick,
// and counts as if it had been told one by one.
import { type Slot, trafficFields } from '../core/cells.ts';
import { type Columns } from '../core/columns.ts';
import type { EvidenceSink } from './contract.ts';

/** Counts what backends answer. */
export class Tally {
  constructor(
    private readonly traffic: Columns<'traffic'>,
    private readonly wheel: { readonly time: number },
    private readonly sink: Pick<EvidenceSink, 'settle'>,
  ) {}

  /** An answer has begun; `isServed`: it is no 5xx. True: it is the first in this tick. */
  heard(slot: Slot, isServed: boolean): boolean {
    const isFirst = this.turn(slot);
    if (isServed) this.traffic.add(slot, trafficFields.served, 1);
    return isFirst;
  }

  /** A good answer has come to its end. It counts only now: one that breaks off would otherwise count as good and as
   * bad. */
  whole(slot: Slot): void {
    this.turn(slot);
    this.traffic.add(slot, trafficFields.whole, 1);
  }

  private turn(slot: Slot): boolean {
    const { traffic, wheel } = this;
    if (traffic.own(slot, trafficFields.heardAt) === wheel.time) return false;
    this.sink.settle(slot);
    traffic.set(slot, trafficFields.heardAt, wheel.time);
    return true;
  }
}
