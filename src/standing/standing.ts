// Decides which backends may get requests, from what probes, traffic, operators and the backends themselves say. It is
// the one owner for the whole gateway: nothing else changes how a backend stands, and the code that serves requests
// reads it from the cells.
import type { Slot } from '../core/cells.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Operator } from '../core/observer.ts';
import { type PoolName, poolKey } from '../core/pool-name.ts';
import { type Millis, countOf, formatDuration, millis } from '../core/units.ts';
import type { EvidenceSink, MemberPlan, ProbeReport, Probes, Recall, Remembered } from './contract.ts';
import { type Ineligibility, ineligibility } from './eligibility.ts';
import { evidenceOf } from './evidence.ts';
import { canSpare, knownOf, othersOf } from './group.ts';
import { Departure, type Group, Member, type MemberTools } from './member.ts';
import type { OperatorCommand, OperatorStates } from './operator-states.ts';
import { Orders } from './orders.ts';
import type { OutlierCause } from './outlier.ts';
import { Returns } from './returns.ts';
import { decidingTimeout, usualProbeTime } from './silence.ts';
import type { SlowStartSettings } from './slow-start.ts';
import { Telling, type TellingTools, newGroup } from './telling.ts';
import { Verdicts } from './verdicts.ts';
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

function slotOfMember({ slot }: Member): Slot {
  return slot;
}

/** Owns the standing of all backends. */
export class Standing<Plan extends MemberPlan> implements EvidenceSink {
  private readonly groups = new Map<string, Group>();
  /** The place of each is its slot. */
  private readonly members: (Member | undefined)[] = [];
  private readonly telling: Telling;
  private readonly returns: Returns;
  private readonly orders: Orders;
  private readonly verdicts: Verdicts;
  private readonly memberTools: MemberTools;

  constructor(private readonly tools: StandingTools<Plan>) {
    this.telling = new Telling(tools);
    this.returns = new Returns(this.telling, tools.clock, tools.wheel);
    this.orders = new Orders(this.telling, this.returns, tools);
    this.verdicts = new Verdicts(this.telling, this.returns, { ...tools, settle: (slot) => this.settle(slot) });
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
    const members: Member[] = [];
    for (const plan of plans) members.push(this.keep(known.get(plan.identity), plan) ?? this.enter(group, plan));
    const before = group.members;
    group.members = members;
    this.tellOfNew(group, before);
    this.groups.set(poolKey(name), group);
    for (const member of othersOf(group, before)) this.dismiss(member, leaveWithin);
    this.tidy(group);
    for (let at = 0; at < members.length; at++) this.begin(members[at], plans[at]);
    // A pool that is new and has lost its backends already has them out by what was decided or found before.
    const isNew = group.presence.state === 'new';
    this.telling.tellOfPool(group, isNew ? 'as before' : 'the others are gone from the configuration');
    return members.map(slotOfMember);
  }

  private begin(member: Member, plan: Plan): void {
    this.orders.adopt(member);
    this.telling.publish(member);
    if (member.isBeyondProbes) this.tools.probes.end(member.slot);
    else this.tools.probes.watch(member.slot, plan);
  }

  private tellOfNew(group: Group, before: readonly Member[]): void {
    const known = before.length === 0 ? null : new Set(before);
    for (const member of group.members)
      if (known?.has(member) !== true) this.tools.events.entered(group, member.plan.identity, member.slot);
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
    return member === null ? null : this.telling.reason(member);
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
    member.ownTimeline.probed(report, member.plan.check?.type ?? '');
    if (passed) {
      member.probeTime = usualProbeTime(member.probeTime, duration);
      member.probePassedAt = this.telling.now;
    }
    // Only an answer can have advice: a probe without one leaves the earlier advice in force.
    if (status !== null || passed) this.verdicts.heed(member, advice);
    this.verdicts.observe(member, { kind: 'probe', passed, detail, duration, at }, status === null);
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
    member.ownTimeline.probed({ ...report, detail }, member.plan.check?.type ?? '');
    // Requests and a probe agree, so one failure is enough: each further one would cost a client a request that hangs.
    this.verdicts.observe(member, { kind: 'probe', passed, detail, duration, at }, true, 1);
  }

  met(slot: Slot, why: Pick<Failure, 'code' | 'reason'>): void {
    this.members[slot]?.ownTimeline.failed(why, this.tools.clock.wall());
  }

  failed(slot: Slot, code: FailureCode, witness: Witness): void {
    const member = this.memberAt(slot);
    const evidence = evidenceOf(code);
    if (member === null || evidence === null || !this.believes(member, evidence.cause, witness)) return;
    this.verdicts.hold(member, evidence.cause);
    if (!evidence.countsAsProbe || member.plan.check === null) return;
    const at = this.tools.clock.wall();
    this.verdicts.observe(member, { kind: 'traffic', passed: false, detail: code, duration: null, at }, true);
    this.tools.probes.soon(slot);
  }

  answeredBadly(slot: Slot, cause: OutlierCause, witness: Witness): void {
    const member = this.memberAt(slot);
    if (member !== null && this.believes(member, cause, witness)) this.verdicts.hold(member, cause);
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
}
