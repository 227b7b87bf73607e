// Brings backends back: on trial after an ejection, and with a share of the requests that grows little by little.
import type { Clock } from '../core/clock.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Member } from './member.ts';
import { nextRampStep } from './slow-start.ts';
import type { Telling } from './telling.ts';

/** Brings backends back. */
export class Returns {
  constructor(
    private readonly telling: Telling,
    private readonly clock: Clock,
    private readonly wheel: TimerWheel,
  ) {}

  /** The time of an ejection is over: one request tries the backend before the others come. */
  endEjection(member: Member, why = 'its time is over; one request tries it'): void {
    if (member.ejection === null) return; // a reload has ended it
    if (member.tracker !== null) member.tracker.isOnTrial = true;
    this.readmit(member, why);
  }

  readmit(member: Member, why: string): void {
    member.ejection = null;
    const clock = member.usedEjectionClock;
    if (clock !== null) this.wheel.clear(clock);
    this.comeBack(member);
    this.telling.announce(member, 'readmitted', why);
  }

  comeBack(member: Member): void {
    const returnedAt = this.telling.now;
    member.returnedAt = returnedAt;
    this.ramp(member, returnedAt);
  }

  private ramp(member: Member, returnedAt: Millis): void {
    if (member.returnedAt !== returnedAt || member.presence !== 'in_pool') return;
    this.telling.publish(member);
    const { now } = this.telling;
    const next = nextRampStep(returnedAt, now, member.group.slowStart);
    if (next !== null) this.clock.after(millis(next - now), () => this.ramp(member, returnedAt));
  }
}
