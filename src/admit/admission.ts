// Shares the event loop of this process out to tenants. What a turn of the loop may begin is limited, and jobs beyond it wait.
// Among those that wait, start-time fair queueing decides (Goyal, Vin and Cheng 1996): each tenant has an account in virtual
// time, which moves on by what its jobs take, divided by its weight; whose account is least is next. A tenant that takes less
// than its share never waits. Where nobody else wants the loop, one tenant has all of it.
import { type Millis, millis } from '../core/units.ts';
import type { AfterEvents } from '../core/turn.ts';
import { errorOf } from '../core/error-of.ts';
import { REFUSAL_COST } from './costs.ts';
import type { Job } from './job.ts';
import { FIRST_QUOTA, nextQuota } from './quota.ts';
import { type Answer, Share, type ShareOwner, type ShareSettings } from './share.ts';
import { ShareHeap } from './share-heap.ts';

// Jobs that may wait, of all tenants whose jobs wait; each has a part of it by its weight, and at least LEAST_ROOM.
const ROOM = 4096;
const LEAST_ROOM = 64;

// How long a job may wait in a line that is overrun: it has been full, or has kept a job waiting for all of its patience. More
// jobs come than can ever be served, and those that are served should not have waited long.
const PATIENCE_WHEN_OVERRUN = millis(100);

// In milliseconds. Of a longer turn no more counts as time that jobs have waited: where the whole process has stood still, on a
// busy machine, nobody is late by that.
const LONGEST_TURN = 50;

// Jobs that are looked at in a turn because they may have waited for too long.
const LOOKED_AT = 16;

// What a tenant has left to others counts for so long, in microseconds of virtual time.
const MEMORY = 100_000;

export type AdmissionTools = {
  /** Monotonic. */
  readonly now: () => Millis;
  /** The processor time that the event loop has used, without the other threads of the process. It takes the system half as long
   * to tell as that of them all. */
  readonly loopTime: () => Millis;
  readonly atEnd: AfterEvents;
  /** No account of those whose jobs have begun, and wait for the loop once more, is below this; Infinity: none waits. */
  readonly leastBegun: () => number;
  readonly reportBug: (error: Error) => void;
};

export class Admission implements ShareOwner {
  /** Jobs that wait. */
  waiting = 0;
  /** Shares that have used the loop since it was last reported. */
  readonly listed = new Set<Share>();
  private readonly heap = new ShareHeap();
  weights = 0;
  /** When the latest job began, in virtual time, or the account of who has been given least of those that wait. */
  virtual = 0;
  /** Charged in advance in this turn, in microseconds. */
  private begun = 0;
  private quota = FIRST_QUOTA;
  private isTurnWatched = false;
  private turnBegan: Millis = millis(0);
  /** How long jobs have waited that wait all the time, in milliseconds. */
  private waited = 0;
  private lookAt = 0;
  private turns = { count: 0, used: 0 };
  /** The processor time when the last turn ended that was full; null: the one before this was not. */
  private usedBefore: Millis | null = null;

  constructor(private readonly tools: AdmissionTools) {}

  shareOf(settings: ShareSettings): Share {
    return new Share(settings, this);
  }

  get horizon(): number {
    return this.virtual - MEMORY;
  }

  ask(share: Share, job: Job): Answer {
    if (!this.isTurnWatched) this.watchTurn();
    if (this.waiting > 0 || this.begun >= this.quota) return this.askWhenBusy(share, job);
    this.charge(share, job);
    return 'begins';
  }

  private askWhenBusy(share: Share, job: Job): Answer {
    if (this.neverWaits(share)) {
      this.charge(share, job);
      return 'begins';
    }
    if (share.size >= this.roomFor(share)) {
      share.refused++;
      share.isOverrun = true;
      share.charge(REFUSAL_COST);
      return 'refused';
    }
    share.join(job, this.waited);
    this.joined(share);
    return 'waits';
  }

  // Its share is not used up. So many tenants may do so at a time that a turn has twice its length, not more.
  private neverWaits(share: Share): boolean {
    return share.size === 0 && share.finish <= this.virtual && this.begun < 2 * this.quota;
  }

  private roomFor({ weight, weightsOfAll }: Share): number {
    return Math.max(LEAST_ROOM, (ROOM * weight) / weightsOfAll);
  }

  askFirst(share: Share, job: Job): boolean {
    if (job.line !== null) return false;
    if (!this.isTurnWatched) this.watchTurn();
    if ((this.waiting === 0 && this.begun < this.quota) || this.neverWaits(share)) {
      this.charge(share, job);
      return true;
    }
    share.joinFirst(job);
    this.joined(share);
    return false;
  }

  private joined(share: Share): void {
    this.waiting++;
    if (share.place >= 0) return;
    share.isOverrun = false;
    this.weights += share.weight;
    this.heap.add(share);
  }

  list(share: Share): void {
    share.isListed = true;
    this.listed.add(share);
  }

  moved(share: Share): void {
    this.heap.moved(share);
  }

  reweighed(share: Share, before: number): void {
    this.weights += share.weight - before;
  }

  left(share: Share): void {
    this.waiting--;
    if (share.size > 0) return;
    this.heap.remove(share);
    this.weights = this.heap.size === 0 ? 0 : this.weights - share.weight;
  }

  private charge(share: Share, job: Job): void {
    const start = Math.max(this.virtual, share.finish);
    // While others wait that have been given less, time does not pass them by.
    this.virtual = Math.max(this.virtual, Math.min(start, this.tools.leastBegun()));
    this.begun += share.cost;
    share.begins(job, start);
  }

  private watchTurn(): void {
    this.isTurnWatched = true;
    this.turnBegan = this.tools.now();
    this.tools.atEnd(this.endTurn);
  }

  /** How many turns there were since the last call in which jobs had to wait, or nearly so, and what processor time they used
   * together: while other programs have the processor, turns are long without anything that the gateway could give up. */
  takeTurns(): { readonly count: number; readonly used: number } {
    const { turns } = this;
    this.turns = { count: 0, used: 0 };
    return turns;
  }

  /** Returns the processor time that the turn has used; Infinity: nobody knows, since the one before was not watched. */
  private countTurn(): number {
    const { usedBefore } = this;
    const used = this.tools.loopTime();
    this.usedBefore = used;
    if (usedBefore === null) return Number.POSITIVE_INFINITY;
    this.turns.count++;
    this.turns.used += used - usedBefore;
    return used - usedBefore;
  }

  private readonly endTurn = (): void => {
    const matters = this.waiting > 0 || this.begun >= this.quota;
    this.begun = 0;
    if (matters) return this.goOn();
    this.isTurnWatched = false;
    this.usedBefore = null;
  };

  private goOn(): void {
    const now = this.tools.now();
    // While other programs have the processor, turns are long that no smaller quota would shorten, and nobody is late: it is not
    // that too many have come.
    const length = millis(Math.min(now - this.turnBegan, this.countTurn()));
    this.quota = nextQuota(this.quota, length);
    this.waited += Math.min(length, LONGEST_TURN);
    // The next turn begins here: what begins now belongs to it, and is sent in it.
    this.turnBegan = now;
    this.isTurnWatched = true;
    this.tools.atEnd(this.endTurn);
    this.turnLateAway();
    while (this.begun < this.quota) {
      const share = this.heap.least;
      if (share === undefined || share.first === null) return;
      this.beginNext(share, share.first);
    }
  }

  private beginNext(share: Share, job: Job): void {
    share.leave(job);
    if (this.isLate(job, share)) return this.turnAway(share, job);
    this.charge(share, job);
    // A place in the heap is by the account.
    if (share.place >= 0) this.heap.moved(share);
    this.tell(job, true);
  }

  // What fails here must not keep the others in line.
  private tell(job: Job, mayBegin: boolean): void {
    try {
      if (mayBegin) job.begin();
      else job.turnAway();
    } catch (error) {
      this.tools.reportBug(errorOf(error));
    }
  }

  private turnAway(share: Share, job: Job): void {
    share.isOverrun = true;
    share.refused++;
    share.charge(REFUSAL_COST);
    this.begun += REFUSAL_COST;
    this.tell(job, false);
  }

  // A tenant whose turn does not come has jobs in line that are late.
  private turnLateAway(): void {
    for (let looks = 0; looks < LOOKED_AT && this.heap.size > 0; looks++) {
      this.lookAt = (this.lookAt + 1) % this.heap.size;
      const share = this.heap.at(this.lookAt);
      const job = share.first;
      if (job === null || !this.isLate(job, share)) continue;
      share.leave(job);
      this.turnAway(share, job);
    }
  }

  private isLate({ since }: Job, { patience, isOverrun }: Share): boolean {
    return this.waited - since > (isOverrun ? Math.min(patience, PATIENCE_WHEN_OVERRUN) : patience);
  }
}
