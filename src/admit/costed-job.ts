// A job whose cost is known only when it is over, such as a request: its tenant is charged in advance with what its jobs take on
// average, and later with the difference.
import { REQUEST_COST } from './costs.ts';
import { Job } from './job.ts';
import type { Answer, Share } from './share.ts';

export abstract class CostedJob extends Job {
  /** Null: it has not asked, or is settled. */
  private payer: Share | null = null;
  /** What is left of what was charged. */
  private credit = 0;
  private taken = 0;
  private hasBegun = false;

  /** Asks the share. `already`: what it has taken of the loop until now, in microseconds. */
  askFrom(payer: Share, already: number): Answer {
    this.payer = payer;
    this.credit = -already;
    this.taken = already;
    this.hasBegun = false;
    return payer.ask(this);
  }

  /** It begins at once, since nobody waits for it, and is paid for like any other. */
  beginFor(payer: Share): void {
    this.payer = payer;
    this.credit = 0;
    this.taken = 0;
    this.hasBegun = true;
    this.take(REQUEST_COST);
  }

  override prepaid(cost: number): void {
    this.hasBegun = true;
    this.credit += cost;
    this.take(REQUEST_COST);
  }

  /** It takes so much of the loop. */
  take(cost: number): void {
    this.taken += cost;
    this.credit -= cost;
    if (this.credit < 0) this.balance();
  }

  private balance(): void {
    if (this.payer !== null) this.payer.charge(-this.credit);
    this.credit = 0;
  }

  /** It is over. */
  settle(): void {
    const { payer } = this;
    if (payer === null) return;
    this.leave();
    if (this.credit !== 0) this.balance();
    if (this.hasBegun) payer.learn(this.taken);
    this.payer = null;
  }
}
