// What one pool has for requests that wait for its backends. It is made when the first one waits: of ten thousand pools most
// never have one, and the process that decides serves nobody.
import type { Share } from '../admit/share.ts';
import type { TenantNumbers } from '../core/tenant-cells.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { PoolPlan } from '../plan/pool-plan.ts';
import type { Backend } from './backend.ts';
import { Crowd } from './crowd.ts';
import { LineJob, type PlaceSource } from './line-job.ts';
import { WaitingLine, type Waiter } from './waiting-line.ts';

/** The pool as its queue sees it. */
export type QueuedPool = PlaceSource & {
  readonly options: PoolPlan;
  readonly numbers: TenantNumbers;
  readonly share: Share;
  readonly backends: readonly Backend[];
  /** Looks for places, for the requests that wait in this process. */
  refresh(): void;
};

/** The requests of this process that wait at one pool. */
export class Queue {
  private readonly line: WaitingLine;
  private readonly job: LineJob;
  private readonly crowd: Crowd;

  constructor(
    private readonly pool: QueuedPool,
    wheel: TimerWheel,
  ) {
    const { maxQueue, queueTimeout } = pool.options;
    this.line = new WaitingLine(maxQueue, queueTimeout, wheel, pool.numbers);
    this.job = new LineJob(pool, this.line, pool.share);
    this.crowd = new Crowd(wheel, () => pool.refresh());
  }

  reconfigure({ maxQueue, queueTimeout }: PoolPlan): void {
    this.line.reconfigure(maxQueue, queueTimeout);
  }

  get size(): number {
    return this.line.size;
  }

  /** False: it is full. */
  join(waiter: Waiter): boolean {
    return this.line.join(waiter);
  }

  /** Lets other processes know that requests wait here. True: there is a place by now, and it is ours. */
  gather(): boolean {
    return this.crowd.gather(this.pool.backends);
  }

  /** None waits here any more. */
  disperse(): void {
    this.crowd.disperse(this.pool.backends);
  }

  /** Serves those in line, as far as there are places and it may. */
  serve(): void {
    this.job.serve();
  }

  /** No backend can come back for those in line: all of them stop waiting now. */
  dismiss(): void {
    this.line.dismiss();
  }

  /** Calls the first in line, who has to be served or has to come back at once; null: there is none, or it is not its turn. */
  callFirst(): Waiter | null {
    return this.job.mayServe() ? this.line.callFirst() : null;
  }

  comeBack(waiter: Waiter): void {
    this.line.comeBack(waiter);
  }

  served(waiter: Waiter): void {
    this.line.serve(waiter);
  }

  /** The pool is gone. Those in line are told that it is in vain when their time is over. */
  close(): void {
    this.job.leave();
  }
}
