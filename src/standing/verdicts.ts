// What evidence makes of a backend: healthy or not, ejected, withdrawn.
import type { Slot } from '../core/cells.ts';
import type { Clock } from '../core/clock.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Advice, Probes, MemberPlan, StandingEvents } from './contract.ts';
import { isScarce, servingOf, standingFor } from './group.ts';
import type { Member } from './member.ts';
import { type OutlierCause, isAnswer, mayEject } from './outlier.ts';
import type { Returns } from './returns.ts';
import {
  type Evidence,
  type HealthState,
  type Thresholds,
  describeEvidence,
  observe,
  riseFor,
} from './state-machine.ts';
import type { Telling } from './telling.ts';

export type VerdictTools = {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly probes: Pick<Probes<MemberPlan>, 'soon'>;
  readonly events: StandingEvents;
  /** Takes into account the good answers of a backend that are not counted yet. */
  readonly settle: (slot: Slot) => void;
};

// As for a backend that nothing is known of.
const FIRST: Thresholds = { rise: 1, fall: 1 };

/** Puts in force what has been found out. */
export class Verdicts {
  constructor(
    private readonly telling: Telling,
    private readonly returns: Returns,
    private readonly tools: VerdictTools,
  ) {}

  /** Puts in force what the backend asks for by its health page. */
  heed(member: Member, advice: Advice | null): void {
    const wasWithdrawn = member.withdrawal !== null;
    member.advice = advice;
    if (member.withdrawal !== null) {
      if (!wasWithdrawn) this.telling.announce(member, 'withdrawn', member.withdrawal);
    } else if (wasWithdrawn) {
      this.returns.comeBack(member);
      this.telling.announce(member, 'returned', 'its health page asks for requests again');
    }
    this.telling.publish(member);
  }

  /** `isSilent`: there was no answer at all, so that requests that wait for one have reason to doubt. `enough`: how
   * many failures in a row make it unhealthy; absent: as many as its check says. */
  observe(member: Member, evidence: Evidence, isSilent: boolean, enough?: number): void {
    if (evidence.kind === 'probe') {
      if (!evidence.passed) member.tracker?.probeFailed(this.telling.now);
      else if (this.endsEjection(member, evidence)) this.returns.readmit(member, describeEvidence(evidence));
    }
    const { plan, state: before } = member;
    const { members } = member.group;
    const { rise, fall } = plan.check?.schedule ?? { rise: 1, fall: 1 };
    const wasScarce = isScarce(members);
    const usualRise = riseFor(rise, servingOf(members, null), members.length);
    const rest = { rise: member.isElsewhere ? 1 : usualRise, fall: enough ?? fall };
    const thresholds = member.isRecalled ? FIRST : rest;
    member.isRecalled = false;
    member.state = observe(before, evidence, thresholds);
    const { health } = member.state;
    if (health === before.health || health === 'unknown') return;
    if (health === 'healthy') this.turnHealthy(member, before, wasScarce);
    else {
      member.downSince = this.tools.clock.now();
      this.telling.publish(member);
    }
    const isNews = before.health !== 'unknown' || health === 'unhealthy';
    if (isNews) this.telling.announce(member, health, describeEvidence(evidence));
    if (health === 'unhealthy' && isSilent) this.tools.events.doubted(member.slot);
  }

  // The first backend that comes back to a pool in need would get the load of all, so the others are probed at once.
  private turnHealthy(member: Member, before: HealthState, wasScarce: boolean): void {
    member.downSince = null;
    member.isElsewhere = false;
    if (before.health === 'unknown') this.telling.publish(member);
    else this.returns.comeBack(member);
    if (!wasScarce) return;
    for (const { state, slot } of member.group.members) if (state.health === 'unhealthy') this.tools.probes.soon(slot);
  }

  // Only a probe that began after the trouble can end an ejection.
  private endsEjection({ ejection, usedTracker: tracker }: Member, evidence: Evidence): boolean {
    const { now } = this.telling;
    const began: Millis = millis(now - (evidence.duration ?? 0));
    return ejection !== null && tracker !== null && tracker.probePassed(began, now);
  }

  /** Counts a bad result against a backend, and ejects it where that is enough. */
  hold(member: Member, cause: OutlierCause): void {
    const { tracker, plan, group } = member;
    const { now } = this.telling;
    const reason = tracker === null ? null : tracker.failed(cause, now);
    if (tracker === null || plan.outlier === null || reason === null || !member.isServing) return;
    // Good answers of the others that are not counted yet say how troubled these are.
    for (const other of group.members) this.tools.settle(other.slot);
    if (!mayEject(standingFor(member, group.members), plan.outlier.max_share)) return;
    member.ejection = tracker.eject(reason, now);
    this.tools.wheel.set(member.ejectionClock, millis(member.ejection.until - member.ejection.since));
    this.telling.publish(member);
    this.telling.announce(member, 'ejected', this.telling.reason(member) ?? '');
    this.tools.probes.soon(member.slot);
    if (!isAnswer(cause)) this.tools.events.doubted(member.slot);
  }
}
