// Decides which backends may get requests, from what probes, traffic, operators and the backends themselves say. It is
// the one owner for the whole gateway: nothing else changes how a backend stands, and the code that serves requests
// reads it from the cells.
import type { Slot } from '../core/cells.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Operator } from '../core/observer.ts';
import { type PoolName, poolKey } from '../core/pool-name.ts';
import { type Millis, countOf, formatDuration, millis } from '../core/units.ts';
import type { Advice, EvidenceSink, MemberPlan, ProbeReport, Probes, Recall, Remembered } from './contract.ts';
import { type Ineligibility, describeIneligibility, ineligibility } from './eligibility.ts';
import { evidenceOf } from './evidence.ts';
import { canSpare, isScarce, knownOf, othersOf, servingOf, standingFor } from './group.ts';
import { Departure, type Group, Member, type MemberTools } from './member.ts';
import type { OperatorCommand, OperatorStates } from './operator-states.ts';
import { Orders } from './orders.ts';
import { type OutlierCause, isAnswer, mayEject } from './outlier.ts';
import { Returns } from './returns.ts';
import { decidingTimeout, usualProbeTime } from './silence.ts';
import type { SlowStartSettings } from './slow-start.ts';
import {
  type Evidence,
  type HealthState,
  type Thresholds,
  describeEvidence,
  observe,
  riseFor,
} from './state-machine.ts';
import { Telling, type TellingTools, newGroup } from './telling.ts';
import type { Witness } from './witness.ts';

export type StandingTools<Plan extends MemberPlan> = TellingTools & {
  readonly operators: OperatorStates;
  readonly probes: Probes<Plan>;
  /** Why the name of a host has no addresses; null: it has. */
  readonly nameProblem: (name: string) => string | null;
  /** Absent: there was no earlier process. */
  readonly recall?: Recall;
};

/** How a backend stands, for people. */
export type Report = Pick<Member, 'state' | 'health' | 'admission' | 'timeline' | 'downSince'> & {
  readonly weight: number;
  readonly ineligibility: Ineligibility | null;
};

// As for a backend that nothing is known of.
const FIRST: Thresholds = { rise: 1, fall: 1 };

/** Owns the standing of all backends. */
export class Standing<Plan extends MemberPlan> implements EvidenceSink {
  private readonly groups = new Map<string, Group>();
  /** The place of each is its slot. */
  private readonly members: (Member | undefined)[] = [];
  private readonly telling: Telling;
  private readonly returns: Returns;
  private readonly orders: Orders;
  private readonly memberTools: MemberTools;

  constructor(private readonly tools: StandingTools<Plan>) {
    this.telling = new Telling(tools);
    this.returns = new Returns(this.telling, tools.clock, tools.wheel);
    this.orders = new Orders(this.telling, this.returns, tools);
    this.memberTools = {
      cells: tools.cells,
      nameProblem: tools.nameProblem,
      ejectionEnds: (member) => this.endEjection(member),
    };
  }

  /** Sets which backends a pool has from here on; returns their slots, in the order of the plans. Those that it has
   * already keep what is known of them; those that are not among the plans finish the requests that they have, within
   * `leaveWithin` (null: without a limit). One that comes back before that has its requests still. */
  open(
    name: PoolName,
    { slowStart, leaveWithin }: { readonly slowStart: SlowStartSettings; readonly leaveWithin: Millis | null },
    plans: readonly Plan[],
  ): readonly Slot[] {
    const group = this.groups.get(poolKey(name)) ?? newGroup(name, slowStart);
    group.slowStart = slowStart;
    const known = knownOf(group);
    const members = plans.map((plan) => this.keep(known.get(plan.identity), plan) ?? this.enter(group, plan));
    const before = group.members;
    group.members = members;
    this.tellOfNew(group, before);
    this.groups.set(poolKey(name), group);
    for (const member of othersOf(group, before)) this.dismiss(member, leaveWithin);
    this.tidy(group);
    for (const [at, member] of members.entries()) {
      this.orders.adopt(member);
      this.telling.publish(member);
      if (member.isBeyondProbes) this.tools.probes.end(member.slot);
      else this.tools.probes.watch(member.slot, plans[at]);
    }
    // A pool that is new and has lost its backends already has them out by what was decided or found before.
    const isNew = group.presence.state === 'new';
    this.telling.tellOfPool(group, isNew ? 'as before' : 'the others are gone from the configuration');
    return members.map(({ slot }) => slot);
  }

  private tellOfNew(group: Group, before: readonly Member[]): void {
    const known = new Set(before);
    for (const member of group.members)
      if (!known.has(member)) this.tools.events.entered(group, member.plan.identity, member.slot);
  }

  private keep(member: Member | undefined, plan: MemberPlan): Member | null {
    if (member === undefined) return null;
    this.settle(member.slot);
    this.endDeparture(member);
    if (member.presence === 'leaving') member.comeBack(plan);
    else member.reconfigure(plan);
    const clock = member.usedEjectionClock;
    if (member.ejection === null && clock !== null) this.tools.wheel.clear(clock);
    return member;
  }

  private enter(group: Group, plan: MemberPlan): Member {
    const { cells } = this.tools;
    const slot = cells.take();
    const member = new Member(slot, group, plan, this.memberTools);
    this.members[slot] = member;
    this.remind(member);
    return member;
  }

  private remind(member: Member): void {
    const { recall, clock, wheel } = this.tools;
    const known = recall?.(member.group.tenant, member.plan.identity) ?? null;
    if (known === null) return;
    const tick = this.telling.now;
    member.recall(known, { now: clock.now(), wall: clock.wall(), tick });
    if (member.ejection !== null) wheel.set(member.ejectionClock, millis(member.ejection.until - tick));
  }

  /** What is known of all backends, one by one, by tenant and identity. */
  *remembered(): Generator<{ readonly tenant: string; readonly identity: string } & Remembered> {
    const { clock } = this.tools;
    for (const member of this.members) {
      const known = member?.presence === 'in_pool' ? member.remembered(clock.wall(), this.telling.now) : null;
      if (member !== undefined && known !== null)
        yield { tenant: member.group.tenant, identity: member.plan.identity, ...known };
    }
  }

  private endEjection(member: Member): void {
    this.settle(member.slot);
    this.returns.endEjection(member);
  }

  private dismiss(member: Member, within: Millis | null): void {
    const { group, inFlight } = member;
    member.presence = 'leaving';
    const clock = member.usedEjectionClock;
    if (clock !== null) this.tools.wheel.remove(clock);
    this.tools.probes.end(member.slot);
    if (inFlight === 0) return this.free(member);
    group.leaving = [...group.leaving, member];
    this.limitDeparture(member, within);
  }

  private limitDeparture(member: Member, within: Millis | null): void {
    const { clock, wheel } = this.tools;
    const until = within === null ? null : clock.wall() + within;
    const departure = new Departure(until, () => this.orders.cut([member], 'the time since it was removed is over'));
    member.departure = departure;
    if (within === null) return;
    const limit = `for at most ${formatDuration(within)}`;
    this.telling.announce(member, 'removed', `${countOf(member.inFlight, 'request')} left, ${limit}`);
    wheel.set(departure, within);
  }

  private endDeparture(member: Member): void {
    if (member.departure !== null) this.tools.wheel.remove(member.departure);
    member.departure = null;
  }

  private free(member: Member): void {
    const { group } = member;
    member.presence = 'gone';
    this.endDeparture(member);
    group.leaving = group.leaving.filter((other) => other !== member);
    this.members[member.slot] = undefined;
    this.tools.cells.give(member.slot);
    this.tidy(group);
  }

  private tidy(group: Group): void {
    if (group.members.length === 0 && group.leaving.length === 0) this.groups.delete(poolKey(group));
  }

  /** Until when a backend that its pool has no more may finish its requests, in milliseconds since 1970; null: without a
   * limit. */
  departureOf(slot: Slot): number | null {
    return this.members[slot]?.departure?.until ?? null;
  }

  /** The name of a backend has new addresses: what was found out about the old ones keeps nobody from trying these. */
  moved(slot: Slot): void {
    const member = this.memberAt(slot);
    if (member === null || member.isBeyondProbes) return;
    member.isElsewhere = member.state.health === 'unhealthy';
    if (member.ejection !== null) this.returns.endEjection(member, 'its name leads elsewhere; one request tries it');
    if (member.plan.check !== null) this.tools.probes.anew(slot);
  }

  /** The member at that slot, with its good answers taken into account; null: there is none in any pool. */
  private memberAt(slot: Slot): Member | null {
    const member = this.members[slot];
    if (member === undefined || member.presence !== 'in_pool') return null;
    if (member.settle(this.tools.wheel.tick)) this.returns.comeBack(member);
    return member;
  }

  settle(slot: Slot): void {
    this.memberAt(slot);
  }

  report(slot: Slot): Report | null {
    const member = this.memberAt(slot);
    if (member === null) return null;
    const { state, health, admission, timeline, downSince } = member;
    const weight = this.telling.weightOf(member);
    return { state, health, admission, timeline, downSince, weight, ineligibility: ineligibility(member) };
  }

  /** What probes have found of a backend, and since when it is unhealthy. */
  healthOf(slot: Slot): Pick<Member, 'state' | 'downSince'> | null {
    return this.memberAt(slot);
  }

  /** The one reason why a backend gets no requests, in one line; null: its standing does not keep requests away. */
  reason(slot: Slot): string | null {
    const member = this.memberAt(slot);
    const why = member === null ? null : ineligibility(member);
    return why === null ? null : describeIneligibility(why, { now: this.telling.now, wall: this.tools.clock.wall() });
  }

  /** An operator has given an order. */
  command(slot: Slot, command: OperatorCommand, by: Operator): void {
    const member = this.memberAt(slot);
    if (member !== null) this.orders.command(member, command, by);
  }

  /** What operators have decided has changed without a word to anybody: another process was told. */
  adoptOrders(): void {
    for (const member of this.members) {
      if (member?.presence !== 'in_pool') continue;
      this.orders.adopt(member);
      this.telling.publish(member);
    }
  }

  /** Whether this process has found out itself how each backend is that it can probe. */
  get isProbed(): boolean {
    return this.members.every((member) => member?.presence !== 'in_pool' || member.isProbed);
  }

  /** A probe has ended. */
  probed(slot: Slot, report: ProbeReport): void {
    const member = this.memberAt(slot);
    if (member === null) return;
    const { passed, detail, duration, at, status, advice } = report;
    member.timeline.probed(report, member.plan.check?.type ?? '');
    if (passed) {
      member.probeTime = usualProbeTime(member.probeTime, duration);
      member.probePassedAt = this.telling.now;
    }
    // Only an answer can have advice: a probe without one leaves the earlier advice in force.
    if (status !== null || passed) this.heed(member, advice);
    this.observe(member, { kind: 'probe', passed, detail, duration, at }, status === null);
  }

  fellSilent(slot: Slot): void {
    const member = this.memberAt(slot);
    if (member?.health?.health !== 'healthy' || member.plan.check === null) return;
    if (!canSpare(member, member.group.members)) return;
    member.suspectedAt = this.tools.wheel.time;
    this.tools.probes.ask(slot, decidingTimeout(member.probeTime, member.plan.check.schedule.timeout));
  }

  /** The probe has ended that was to decide whether a backend is silent or only slow. */
  answered(slot: Slot, report: ProbeReport): void {
    const member = this.memberAt(slot);
    const { passed, status, duration, at } = report;
    if (member?.health?.health !== 'healthy' || passed || status !== null) return;
    if (member.heardAt >= member.suspectedAt) return; // a request was answered meanwhile
    // A request that blocks each backend it comes to, as it is retried from one to the next, must not take out all of
    // them.
    if (!canSpare(member, member.group.members)) return;
    const detail = `${report.detail}, and none to requests`;
    member.timeline.probed({ ...report, detail }, member.plan.check?.type ?? '');
    // Requests and a probe agree, so one failure is enough: each further one would cost a client a request that hangs.
    this.observe(member, { kind: 'probe', passed, detail, duration, at }, true, 1);
  }

  met(slot: Slot, why: Pick<Failure, 'code' | 'reason'>): void {
    this.members[slot]?.timeline.failed(why, this.tools.clock.wall());
  }

  failed(slot: Slot, code: FailureCode, witness: Witness): void {
    const member = this.memberAt(slot);
    const evidence = evidenceOf(code);
    if (member === null || evidence === null || !this.believes(member, evidence.cause, witness)) return;
    this.hold(member, evidence.cause);
    if (!evidence.countsAsProbe || member.plan.check === null) return;
    const at = this.tools.clock.wall();
    this.observe(member, { kind: 'traffic', passed: false, detail: code, duration: null, at }, true);
    this.tools.probes.soon(slot);
  }

  answeredBadly(slot: Slot, cause: OutlierCause, witness: Witness): void {
    const member = this.memberAt(slot);
    if (member !== null && this.believes(member, cause, witness)) this.hold(member, cause);
  }

  // A probe counts as another client where an answer is late: long polls of one client must not take out a backend that
  // answers its health page meanwhile. No request makes a backend refuse connections.
  private believes(member: Member, cause: OutlierCause, witness: Witness): boolean {
    if (cause === 'connect') return true;
    const { now } = this.telling;
    const hasPassed = cause === 'timeout' && member.probePassedAt > now - witness.waited;
    return member.witnesses.believe(witness, witness.servesOthers || hasPassed, now);
  }

  trialPassed(slot: Slot): void {
    const member = this.memberAt(slot);
    if (member?.tracker?.succeeded(1, this.telling.now) === true) this.returns.comeBack(member);
  }

  liftTrial(slot: Slot): void {
    const member = this.memberAt(slot);
    if (member === null || member.usedTracker === null) return;
    member.usedTracker.isOnTrial = false;
    this.telling.publish(member);
  }

  emptied(slot: Slot): void {
    const member = this.members[slot];
    if (member === undefined) return;
    if (member.presence === 'leaving' && member.inFlight === 0) this.free(member);
    for (const one of member.group.members) if (one.plan.name === member.plan.name) this.orders.emptied(one);
  }

  // Puts in force what the backend asks for by its health page.
  private heed(member: Member, advice: Advice | null): void {
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
  private observe(member: Member, evidence: Evidence, isSilent: boolean, enough?: number): void {
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
  private hold(member: Member, cause: OutlierCause): void {
    const { tracker, plan, group } = member;
    const { now } = this.telling;
    const reason = tracker === null ? null : tracker.failed(cause, now);
    if (tracker === null || plan.outlier === null || reason === null || !member.isServing) return;
    // Good answers of the others that are not counted yet say how troubled these are.
    for (const other of group.members) this.settle(other.slot);
    if (!mayEject(standingFor(member, group.members), plan.outlier.max_share)) return;
    member.ejection = tracker.eject(reason, now);
    this.tools.wheel.set(member.ejectionClock, millis(member.ejection.until - member.ejection.since));
    this.telling.publish(member);
    this.telling.announce(member, 'ejected', this.reason(member.slot) ?? '');
    this.tools.probes.soon(member.slot);
    if (!isAnswer(cause)) this.tools.events.doubted(member.slot);
  }
}
