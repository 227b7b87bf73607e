// All that is known of one backend: what probes, traffic, people and the backend itself have said. Only the files
// beside this one change it.
import type { BackendCells } from '../core/backend-cells.ts';
import { type Slot, trafficFields } from '../core/cells.ts';
import type { PoolName } from '../core/pool-name.ts';
import { Timed } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Advice, MemberPlan, Remembered } from './contract.ts';
import { type Admission, type EligibilityFacts, type Moment, OPEN, ineligibility } from './eligibility.ts';
import { type Ejection, OutlierTracker } from './outlier.ts';
import type { SlowStartSettings } from './slow-start.ts';
import { type HealthState, UNKNOWN, observeServed, recalled } from './state-machine.ts';
import { Timeline } from './timeline.ts';
import { Witnesses } from './witness.ts';
import { wordOf } from './word.ts';

/** The backends of one pool. */
export type Group = PoolName & {
  slowStart: SlowStartSettings;
  members: readonly Member[];
  /** Those that the pool has no more, and that finish the requests that they have. */
  leaving: readonly Member[];
  presence: GroupPresence;
};

/** Whether a pool has a backend that serves. `new`: nobody knows yet. `since`: milliseconds since 1970. */
export type GroupPresence =
  | { readonly state: 'new' }
  | { readonly state: 'up' }
  | { readonly state: 'down'; readonly since: number };

export type MemberTools = {
  readonly cells: BackendCells;
  /** Why the name of a host has no addresses; null: it has. */
  readonly nameProblem: (name: string) => string | null;
  readonly ejectionEnds: (member: Member) => void;
};

/** The time that a backend has for its last requests. `until`: milliseconds since 1970; null: there is no limit. */
export class Departure extends Timed {
  constructor(
    readonly until: number | null,
    override readonly expired: () => void,
  ) {
    super();
  }
}

const NOTHING_HAPPENED = new Timeline();

/** One backend, as the owner of standing knows it. */
export class Member implements EligibilityFacts {
  // Each is made when it is first needed: of ten thousand tenants most never meet trouble.
  private madeClock: Timed | null = null;
  private madeWitnesses: Witnesses | null = null;
  private madeTracker: OutlierTracker | null = null;
  private madeTimeline: Timeline | null = null;
  state: HealthState = UNKNOWN;
  /** Since when it is unhealthy, by the monotonic clock; null: it is not. */
  downSince: Millis | null = null;
  admission: Admission = OPEN;
  /** The weight that an operator has set in place of the configured one; null: none. */
  ownWeight: number | null = null;
  advice: Advice | null = null;
  ejection: Ejection | null = null;
  /** When it last came back, for its slow start; null: it has never been away. */
  returnedAt: Millis | null = null;
  /** Its name leads elsewhere since it was found to be down: the next good probe is enough. */
  isElsewhere = false;
  /** Its health was found by an earlier process: the first evidence of this one decides alone. */
  isRecalled = false;
  /** How long a passing probe of it usually takes; null: none has passed. */
  probeTime: Millis | null = null;
  /** When a probe of it has last passed, by the monotonic clock. */
  probePassedAt = millis(Number.NEGATIVE_INFINITY);
  /** When its silence was suspected, in ticks. */
  suspectedAt = 0;
  /** leaving: its pool has it no more, and it only finishes the requests that it has; gone: it has finished them, and
   * its slot may be another backend's. */
  presence: 'in_pool' | 'leaving' | 'gone' = 'in_pool';
  /** Why and until when it may finish its requests; null: it is in the pool. */
  departure: Departure | null = null;
  /** The counts of the cells up to which good answers have been taken into account. */
  private served = 0;
  private whole = 0;

  constructor(
    readonly slot: Slot,
    readonly group: Group,
    public plan: MemberPlan,
    private readonly tools: MemberTools,
  ) {}

  /** Passive evidence; null: outlier ejection is off. */
  get tracker(): OutlierTracker | null {
    const { outlier } = this.plan;
    if (outlier === null) return null;
    this.madeTracker ??= new OutlierTracker(outlier);
    return this.madeTracker;
  }

  /** Null: there has been no evidence, or it does not count. */
  get usedTracker(): OutlierTracker | null {
    return this.madeTracker;
  }

  /** What has happened to it, to look at. */
  get timeline(): Timeline {
    return this.madeTimeline ?? NOTHING_HAPPENED;
  }

  /** The same, to add to it. */
  get ownTimeline(): Timeline {
    this.madeTimeline ??= new Timeline();
    return this.madeTimeline;
  }

  /** Ends its ejection. */
  get ejectionClock(): Timed {
    this.madeClock ??= new EjectionClock(() => this.tools.ejectionEnds(this));
    return this.madeClock;
  }

  /** Null: it has never run. */
  get usedEjectionClock(): Timed | null {
    return this.madeClock;
  }

  /** Whose bad results count against it. */
  get witnesses(): Witnesses {
    this.madeWitnesses ??= new Witnesses();
    return this.madeWitnesses;
  }

  /** The pool has it again, before its last request has ended. Nobody has looked at it meanwhile, so it begins like a new
   * one, but for the requests that it has. */
  comeBack(plan: MemberPlan): void {
    this.presence = 'in_pool';
    this.state = UNKNOWN;
    this.downSince = null;
    this.advice = null;
    this.ejection = null;
    this.returnedAt = null;
    this.madeTracker = null;
    this.isElsewhere = false;
    this.isRecalled = false;
    this.reconfigure(plan);
  }

  /** Begins with what an earlier process knew. `tick`: the time of the wheel. */
  recall({ verdict, ejection }: Remembered, { now, wall, tick }: Moment & { readonly tick: Millis }): void {
    if (verdict !== null && this.plan.check !== null) {
      this.state = recalled(verdict);
      this.downSince = verdict.health === 'healthy' ? null : millis(now - Math.max(0, wall - verdict.since));
      this.isRecalled = true;
    }
    const left = ejection === null ? 0 : ejection.until - wall;
    if (ejection === null || left <= 0 || this.tracker === null) return;
    this.ejection = this.tracker.resume({ ...ejection, left: millis(left) }, tick);
  }

  /** What is known of it; null: nothing that a new process would not begin with. */
  remembered(wall: number, tick: Millis): Remembered | null {
    const { state, ejection } = this;
    const verdict = this.plan.check === null || state.health === 'unknown' ? null : state;
    const left = ejection === null ? 0 : ejection.until - tick;
    if (verdict === null && left <= 0) return null;
    if (ejection === null || left <= 0) return { verdict, ejection: null };
    // By the second: what has not changed is not to look as if it had.
    const until = Math.ceil((wall + left) / 1000) * 1000;
    return { verdict, ejection: { until, count: ejection.count, reason: ejection.reason } };
  }

  /** A reload has kept this backend; its plan may be another one. */
  reconfigure(plan: MemberPlan): void {
    this.plan = plan;
    if (plan.check === null) {
      // The check is gone, and what it had found out goes with it.
      this.state = UNKNOWN;
      this.downSince = null;
      this.advice = null;
    }
    if (plan.outlier === null) {
      this.madeTracker = null;
      this.ejection = null;
    } else this.madeTracker?.reconfigure(plan.outlier);
  }

  /** Takes into account the good answers that the cells have counted since the last call, as if all of them had come
   * with the latest one. True: they ended its trial. */
  settle(tick: Millis): boolean {
    const { slot, heardAt } = this;
    const { traffic } = this.tools.cells;
    const served = traffic.sum(slot, trafficFields.served);
    const whole = traffic.sum(slot, trafficFields.whole);
    if (served !== this.served) this.state = observeServed(this.state);
    const count = (whole - this.whole) | 0;
    this.served = served;
    this.whole = whole;
    if (count === 0 || this.tracker === null) return false;
    return this.tracker.succeeded(count, millis(heardAt * tick));
  }

  /** Null: it has no check. */
  get health(): HealthState | null {
    return this.plan.check === null ? null : this.state;
  }

  /** When a request was answered last, in ticks. */
  get heardAt(): number {
    return this.tools.cells.traffic.latest(this.slot, trafficFields.heardAt);
  }

  /** Requests being served now. */
  get inFlight(): number {
    return this.tools.cells.inFlight(this.slot);
  }

  /** Requests that are left to the backend of this name: its own, and those at addresses that it had before. */
  get left(): number {
    if (this.group.leaving.length === 0) return this.inFlight;
    return bearersOf(this).reduce((left, { inFlight }) => left + inFlight, 0);
  }

  /** It is back from an ejection, and one request is to tell whether for good. */
  get isOnTrial(): boolean {
    return this.madeTracker?.isOnTrial === true;
  }

  /** Its standing keeps no requests away. */
  get isServing(): boolean {
    return ineligibility(this) === null;
  }

  /** The weight that the configuration or an operator gives it, times the share that it asks for by its health page. */
  get fullWeight(): number {
    return (this.ownWeight ?? this.plan.weight) * (this.advice?.weight ?? 1);
  }

  get withdrawal(): string | null {
    if (this.advice?.drain === true) return 'its health page asks for none';
    if (this.fullWeight > 0) return null;
    return this.ownWeight === 0 ? 'an operator has set its weight to 0' : 'its health page sets its weight to 0';
  }

  /** Where its name has not been resolved, or that of the host that answers for it, nobody can say how it is. */
  get nameProblem(): string | null {
    const { host, check } = this.plan;
    const own = host === null ? null : this.tools.nameProblem(host.name);
    return own ?? (this.state.health === 'unknown' ? this.checkProblem(check) : null);
  }

  /** This process has found out how it is, or cannot. */
  get isProbed(): boolean {
    if (this.plan.check === null || this.isBeyondProbes) return true;
    return !this.isRecalled && this.state.health !== 'unknown';
  }

  /** Its probes cannot be made, since a name has not been resolved. */
  get isBeyondProbes(): boolean {
    return this.nameProblem !== null || this.checkProblem(this.plan.check) !== null;
  }

  private checkProblem(check: MemberPlan['check']): string | null {
    if (check === null || check.host === null) return null;
    const problem = this.tools.nameProblem(check.host.name);
    return problem === null ? null : `${check.host.name}: ${problem}`;
  }

  /** How it stands, as the cells have it. */
  get word(): number {
    const reason = ineligibility(this)?.reason ?? null;
    return wordOf({ reason, isOnTrial: this.isOnTrial, health: this.health, isUnwanted: this.ownWeight === 0 });
  }
}

/** This backend, and those with its name that are leaving: what was begun there counts as its own. */
function bearersOf(member: Member): readonly Member[] {
  const { group, plan } = member;
  const earlier = group.leaving.filter((other) => other !== member && other.plan.name === plan.name);
  return [member, ...earlier];
}

class EjectionClock extends Timed {
  constructor(override readonly expired: () => void) {
    super();
  }
}
