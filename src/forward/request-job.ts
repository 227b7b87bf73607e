// A request as a job of its tenant: it has its share of the event loop, or waits for it.
import { CostedJob } from '../admit/costed-job.ts';
import { BYTE_COST, PIECE_COST } from '../admit/costs.ts';
import type { Share } from '../admit/share.ts';
import type { Millis } from '../core/units.ts';

/** The exchange as its job sees it. */
export interface RequestJobOwner {
  /** It may go on. */
  admitted(): void;
  /** Its tenant has used up its share, and others want the loop. */
  overloaded(): void;
}

export class RequestJob extends CostedJob {
  constructor(private readonly owner: RequestJobOwner) {
    super();
  }

  override begin(): void {
    this.owner.admitted();
  }

  override turnAway(): void {
    this.owner.overloaded();
  }

  /** A piece of a body passes. */
  piece(bytes: number): void {
    this.take(PIECE_COST + bytes * BYTE_COST);
  }

  /** Something was done for it that has taken so long, such as compression. */
  worked(time: Millis): void {
    this.take(time * 1000);
  }

  /** A part of a body has come with its head. */
  bytes(count: number): void {
    this.take(count * BYTE_COST);
  }
}

/** Why a request of the tenant could not go on, for operators. */
export function describeShare({ weight, weightsOfAll, size }: Share): string {
  const part = Math.round((100 * weight) / weightsOfAll);
  return `the processor is busy: ${size} more requests wait for the share of this tenant, ${part} % among those that wait (weight ${weight})`;
}
