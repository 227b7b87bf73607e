// A request as a job of its tenant: it has its share of the event loop, or waits for it.
import { CostedJob } from '../admit/costed-job.ts';
import { BYTE_COST, PIECE_COST, STAGED_BYTE_COST } from '../admit/costs.ts';

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

  /** The same for one that passes stages. */
  stagedPiece(bytes: number): void {
    this.take(PIECE_COST + bytes * STAGED_BYTE_COST);
  }

  /** A part of a body has come with its head. */
  bytes(count: number): void {
    this.take(count * BYTE_COST);
  }
}
