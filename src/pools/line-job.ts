// Those in a pool's line go on when there are places and when their tenant's share of the event loop allows it. Otherwise a
// hundred answers in one turn would begin a hundred requests in it.
import { Job } from '../admit/job.ts';
import type { Share } from '../admit/share.ts';
import type { Backend } from './backend.ts';
import type { WaitingLine } from './waiting-line.ts';

/** The pool as its line sees it. */
export interface PlaceSource {
  /** There may be a place. */
  readonly hasPlaces: boolean;
  takeListed(tried: readonly Backend[], keyHash: number): Backend | null;
}

/** The line of one pool as a job, which serves one request each time that it begins. */
export class LineJob extends Job {
  constructor(
    private readonly places: PlaceSource,
    private readonly waiters: WaitingLine,
    private readonly share: Share,
  ) {
    super();
  }

  /** Asks for one request. False: nobody is in line, or the job waits, and serves one when it begins. */
  mayServe(): boolean {
    return this.waiters.size > 0 && this.share.askFirst(this);
  }

  /** Serves those in line, as far as there are places and it may. */
  serve(): void {
    while (this.places.hasPlaces && this.mayServe()) if (!this.serveFirst()) return;
  }

  override begin(): void {
    if (this.places.hasPlaces && this.serveFirst()) this.serve();
  }

  // False: there is no place after all, or nobody in line.
  private serveFirst(): boolean {
    const waiter = this.waiters.callFirst();
    if (waiter === null) return false;
    const backend = this.places.takeListed(waiter.tried, waiter.keyHash);
    if (backend === null) {
      this.waiters.comeBack(waiter);
      return false;
    }
    this.waiters.serve(waiter);
    waiter.admitted(backend);
    return true;
  }

  /** The requests in line have a time limit of their own. */
  override turnAway(): void {
    this.begin();
  }

  /** They were paid for when they came. */
  override prepaid(cost: number): void {
    this.share.charge(-cost);
  }
}
