// What probes, traffic, people and the backends themselves say, put together: the only place where a backend's standing
// changes.
import type { Clock } from '../core/clock.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { BackendChange, BackendObserver } from '../core/observer.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, countOf, formatDuration, millis } from '../core/units.ts';
import type { ProbeAdvice } from '../probing/contract.ts';
import { describeIneligibility } from '../standing/eligibility.ts';
import { speaksOfHealth } from '../standing/evidence.ts';
import {
  type OutlierCause,
  type PoolStanding,
  answerCause,
  isAnswer,
  mayEject,
  outlierCauseOf,
} from '../standing/outlier.ts';
import type { HealthScheduler, ProbeOutcome } from '../probing/scheduler.ts';
import { type SlowStartSettings, nextRampStep, rampedWeight } from '../standing/slow-start.ts';
import { type Evidence, describeEvidence, observe, observeServed, riseFor } from '../standing/state-machine.ts';
import type { Backend } from './backend.ts';
import { isServing } from './selection.ts';
import { type OperatorCommand, type OperatorStates, afterCommand } from '../standing/operator-states.ts';

/** What all pools of a gateway share. */
export type PoolSurroundings = {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly scheduler: HealthScheduler;
  readonly observer: BackendObserver;
  readonly operators: OperatorStates;
  /** A backend is in no pool any more. */
  readonly dismiss: (backend: Backend) => void;
};

/** The pool, as its health sees it. */
export type PoolView = {
  readonly tenant: string;
  readonly backends: readonly Backend[];
  readonly eligibleCount: number;
  readonly options: { readonly slowStart: SlowStartSettings };
  /** The standing of a backend has changed. */
  refresh(): void;
  /** A backend begins to get requests. */
  warmUp(backend: Backend): void;
};

// As long as a program takes to start again: then a request that waits for it is not lost, and one that waits in vain is
// not kept for long.
const MOMENT = millis(1000);

/** The standing of the backends of one pool. */
export class PoolHealth {
  constructor(
    private readonly pool: PoolView,
    private readonly around: PoolSurroundings,
  ) {}

  // The wheel's time: exact enough here, and it costs nothing.
  get now(): Millis {
    const { wheel } = this.around;
    return millis(wheel.now * wheel.tick);
  }

  /** The one reason why a backend gets no requests, in one line; null: it does. */
  reason(backend: Backend): string | null {
    const why = backend.ineligibility();
    return why === null ? null : describeIneligibility(why, { now: this.now, wall: this.around.clock.wall() });
  }

  /** It was healthy until a moment ago. */
  isJustLost({ health, downSince }: Backend): boolean {
    if (health?.health !== 'unhealthy' || !health.wasHealthy || downSince === null) return false;
    return this.around.clock.now() - downSince < MOMENT;
  }

  /** The weight that its balancer is to see. */
  weightOf(backend: Backend): number {
    return rampedWeight(backend.fullWeight, backend.returnedAt, this.now, this.pool.options.slowStart);
  }

  /** A probe has ended. */
  probed(backend: Backend, outcome: ProbeOutcome): void {
    const { passed, detail, duration, at, status, excerpt, advice } = outcome;
    const kind = backend.options.check?.type ?? '';
    backend.timeline.probed({ at, kind, passed, status, detail, duration, excerpt });
    // A probe that got no answer says nothing of what the backend wants.
    if (status !== null || passed) this.heed(backend, advice);
    this.observe(backend, { kind: 'probe', passed, detail, duration, at }, status === null);
  }

  /** An attempt has failed, and it was the backend's doing. */
  noteFailure(backend: Backend, why: Failure): void {
    const cause = outlierCauseOf(why.code);
    if (cause !== null) this.hold(backend, cause);
    if (!speaksOfHealth(why.code) || backend.options.check === null) return;
    const at = this.around.clock.wall();
    this.observe(backend, { kind: 'traffic', passed: false, detail: why.code, duration: null, at }, true);
    this.around.scheduler.probeSoon(backend);
  }

  /** A backend has begun to answer; true: well, as far as can be seen. */
  noteAnswer(backend: Backend, status: number, latency: Millis): boolean {
    const { outlier } = backend.options;
    if (status < 500) backend.state = observeServed(backend.state);
    const cause = outlier === null ? null : answerCause(status, latency, outlier);
    if (cause !== null) this.hold(backend, cause);
    // A trial is over with the first word, or a stream would leave the backend out for as long as it lasts.
    else if (backend.isOnTrial) this.noteWhole(backend);
    return cause === null;
  }

  /** Such an answer has come to its end: only now it counts, or one that breaks off would be good and bad in one. */
  noteWhole(backend: Backend): void {
    if (backend.tracker?.succeeded(this.now) === true) this.comeBack(backend);
  }

  /** The time of an ejection is over: one request tries the backend before the others come. */
  endEjection(backend: Backend): void {
    if (backend.ejection === null) return; // a reload has ended it
    if (backend.tracker !== null) backend.tracker.isOnTrial = true;
    backend.beforeTrial = backend.inFlight;
    this.readmit(backend, 'its time is over; one request tries it');
  }

  private readmit(backend: Backend, why: string): void {
    backend.ejection = null;
    this.around.wheel.clear(backend);
    this.comeBack(backend);
    this.announce(backend, 'readmitted', why);
  }

  /** There is nobody else: a trial of one request at a time would be no help. True: there was one. */
  liftTrials(): boolean {
    let hasLifted = false;
    for (const { tracker } of this.pool.backends) {
      if (tracker === null || !tracker.isOnTrial) continue;
      tracker.isOnTrial = false;
      hasLifted = true;
    }
    return hasLifted;
  }

  /** A person has decided. */
  command(backend: Backend, command: OperatorCommand): void {
    const { operators, clock } = this.around;
    const wall = clock.wall();
    const state = afterCommand(operators.of(this.pool.tenant, backend.name), command, wall);
    operators.set(this.pool.tenant, backend.name, state);
    const wasOut = backend.admission.state !== 'open';
    this.adopt(backend);
    if (wasOut && command.kind === 'enable') this.comeBack(backend);
    else this.pool.refresh();
    this.announceCommand(backend, command);
    if (command.kind !== 'drain') return;
    if (backend.inFlight === 0) this.emptied(backend);
    else if (command.deadline !== null) this.cutLater(backend, command.deadline);
  }

  /** Puts what people have decided before in force; for a backend that is new or was kept by a reload. */
  adopt(backend: Backend): void {
    const { admission, weight } = this.around.operators.of(this.pool.tenant, backend.name);
    backend.admission = admission;
    backend.ownWeight = weight;
  }

  /** The last request has left a backend that takes no new ones. */
  emptied(backend: Backend): void {
    if (backend.admission.state === 'draining') this.announce(backend, 'drained', 'no request is left');
  }

  private announceCommand(backend: Backend, command: OperatorCommand): void {
    switch (command.kind) {
      case 'drain': {
        const limit = command.deadline === null ? '' : `, for at most ${formatDuration(command.deadline)}`;
        return this.announce(backend, 'draining', `${countOf(backend.inFlight, 'request')} left${limit}`);
      }
      case 'disable':
        return this.announce(backend, 'disabled', 'by an operator');
      case 'enable':
        return this.announce(backend, 'enabled', 'by an operator');
      case 'weight':
        return this.announce(backend, 'weighted', `weight ${backend.ownWeight ?? backend.options.weight}`);
    }
  }

  private cutLater(backend: Backend, deadline: Millis): void {
    const { admission } = backend;
    this.around.clock.after(deadline, () => {
      // Enabled again, or drained anew, meanwhile.
      if (backend.admission !== admission || backend.inFlight === 0) return;
      this.announce(backend, 'cut', `the time to drain is over; ${countOf(backend.inFlight, 'request')} cut off`);
      backend.transport.cut(failure('drain-deadline'));
    });
  }

  // What the backend asks for by its health page.
  private heed(backend: Backend, advice: ProbeAdvice | null): void {
    const wasWithdrawn = backend.withdrawal !== null;
    const weight = backend.fullWeight;
    backend.advice = advice;
    if (backend.withdrawal !== null) {
      if (!wasWithdrawn) this.announce(backend, 'withdrawn', backend.withdrawal);
    } else if (wasWithdrawn) {
      this.comeBack(backend);
      this.announce(backend, 'returned', 'its health page asks for requests again');
    }
    if (backend.fullWeight !== weight || wasWithdrawn !== (backend.withdrawal !== null)) this.pool.refresh();
  }

  /** `isSilent`: there was no answer at all, so that whoever waits for one has reason to doubt. */
  private observe(backend: Backend, evidence: Evidence, isSilent: boolean): void {
    const before = backend.state;
    if (evidence.kind === 'probe') {
      if (!evidence.passed) backend.tracker?.probeFailed(this.now);
      else if (this.endsEjection(backend, evidence)) this.readmit(backend, describeEvidence(evidence));
    }
    const { backends, eligibleCount } = this.pool;
    const { rise, fall } = backend.schedule;
    backend.state = observe(before, evidence, { rise: riseFor(rise, eligibleCount, backends.length), fall });
    if (backend.state.health === before.health || backend.state.health === 'unknown') return;
    backend.downSince = backend.state.health === 'unhealthy' ? this.around.clock.now() : null;
    if (backend.state.health === 'unhealthy') this.pool.refresh();
    else this.turnHealthy(backend, before.health === 'unknown');
    const isNews = before.health !== 'unknown' || backend.state.health === 'unhealthy';
    if (isNews) this.announce(backend, backend.state.health, describeEvidence(evidence));
    if (backend.state.health === 'unhealthy' && isSilent) backend.transport.doubt();
  }

  // Who comes back first to a pool in need gets the load of all: the others are asked at once, not at their time.
  private turnHealthy(backend: Backend, isFirst: boolean): void {
    const { backends, eligibleCount } = this.pool;
    const isScarce = eligibleCount * 2 < backends.length;
    if (isFirst) this.pool.refresh();
    else this.comeBack(backend);
    this.pool.warmUp(backend);
    if (!isScarce) return;
    for (const member of backends) if (member.state.health === 'unhealthy') this.around.scheduler.probeSoon(member);
  }

  // A probe speaks for a backend only if it asked after the trouble.
  private endsEjection(backend: Backend, evidence: Evidence): boolean {
    const began = millis(this.now - (evidence.duration ?? 0));
    return backend.ejection !== null && backend.tracker !== null && backend.tracker.probePassed(began, this.now);
  }

  private comeBack(backend: Backend): void {
    const returnedAt = this.now;
    backend.returnedAt = returnedAt;
    this.ramp(backend, returnedAt);
  }

  private ramp(backend: Backend, returnedAt: Millis): void {
    if (backend.returnedAt !== returnedAt) return;
    backend.owner.refresh();
    const next = nextRampStep(returnedAt, this.now, this.pool.options.slowStart);
    if (next !== null) this.around.clock.after(millis(next - this.now), () => this.ramp(backend, returnedAt));
  }

  /** Holds a bad result against a backend; takes it out where that is enough. */
  private hold(backend: Backend, cause: OutlierCause): void {
    const { tracker } = backend;
    const settings = backend.options.outlier;
    const reason = tracker === null ? null : tracker.failed(cause, this.now);
    if (tracker === null || settings === null || reason === null || !isServing(backend)) return;
    if (!mayEject(this.standingWithout(backend), settings.max_share)) return;
    backend.ejection = tracker.eject(reason, this.now);
    this.around.wheel.set(backend, millis(backend.ejection.until - backend.ejection.since));
    this.pool.refresh();
    this.announce(backend, 'ejected', this.reason(backend) ?? '');
    this.around.scheduler.probeSoon(backend);
    if (!isAnswer(cause)) backend.transport.doubt();
  }

  private standingWithout(backend: Backend): PoolStanding {
    const { backends, eligibleCount } = this.pool;
    const others = backends.filter((member) => member !== backend && isServing(member));
    return {
      size: backends.length,
      ejected: backends.filter((member) => member.ejection !== null).length,
      eligible: eligibleCount,
      troubled: others.filter((member) => member.tracker?.isTroubled === true).length,
    };
  }

  private announce(backend: Backend, kind: BackendChange['kind'], detail: string): void {
    backend.timeline.changed({ at: this.around.clock.wall(), kind, detail });
    this.around.observer.backendChanged({ tenant: this.pool.tenant, backend: backend.name, kind, detail });
  }
}
