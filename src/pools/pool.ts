// A tenant's backends with their balancer. The list of eligible backends is rebuilt when something changes, never per
// request.
import type { Balancer, BalancerTools } from '../balance/contract.ts';
import type { KeySource } from '../balance/key-source.ts';
import type { Clock } from '../core/clock.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { BackendChange, Observer } from '../core/observer.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { HealthScheduler } from '../health/scheduler.ts';
import { type Evidence, describeEvidence, observe } from '../health/state-machine.ts';
import { type OutlierCause, describeOutlier, mayEject, outlierCauseOf } from '../health/outlier.ts';
import { type Backend, type BackendOwner, describeIneligibility } from './backend.ts';
import { WaitingLine, type Waiter } from './waiting-line.ts';

export type PoolOptions = {
  readonly tenant: string;
  readonly maxConnections: number;
  readonly maxIdle: number;
  readonly idleTimeout: Millis;
  readonly maxQueue: number;
  readonly queueTimeout: Millis;
  readonly connectTimeout: Millis;
  readonly firstByteTimeout: Millis;
  readonly streamIdleTimeout: Millis;
  readonly tunnelIdleTimeout: Millis;
};

/** What all pools of a gateway share. */
export type PoolSurroundings = {
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly scheduler: HealthScheduler;
  readonly observer: Observer;
};

/** A tenant's backends. */
export class Pool implements BackendOwner {
  /** Requests in flight in the whole pool, for balancers that bound their load. */
  private readonly load = { inFlight: 0 };
  private readonly balancer: Balancer;
  private members: readonly Backend[] = [];
  private eligible: readonly Backend[] = [];
  private readonly line: WaitingLine;
  private nextUnknown = 0;
  private successor: Pool | null = null;

  constructor(
    readonly options: PoolOptions,
    createBalancer: (tools: BalancerTools) => Balancer,
    readonly around: PoolSurroundings & Pick<BalancerTools, 'random'>,
  ) {
    this.balancer = createBalancer({ random: around.random, now: around.clock.now, load: this.load });
    this.line = new WaitingLine(options.maxQueue, options.queueTimeout, around.wheel);
  }

  get maxRequests(): number {
    return this.options.maxConnections;
  }

  get backends(): readonly Backend[] {
    return this.members;
  }

  /** How many requests wait for a backend. */
  get waiting(): number {
    return this.line.size;
  }

  /** Sets the members and begins to probe them. */
  open(members: readonly Backend[]): void {
    this.members = members;
    this.load.inFlight = members.reduce((sum, backend) => sum + backend.inFlight, 0);
    for (const backend of members) {
      backend.owner = this;
      if (backend.options.check !== null) this.around.scheduler.add(backend);
    }
    this.refresh();
  }

  /** Which part of a request the balancer's key is; null: it needs none. */
  get keySource(): KeySource | null {
    return this.balancer.keySource;
  }

  /** The balancer wants to know how long each answer took. */
  get observesLatency(): boolean {
    return this.balancer.observe !== undefined;
  }

  /** The next backend, in flight from now on; null: none is eligible. `tried`: passed over while there is another. */
  take(tried: readonly Backend[], keyHash: number): Backend | null {
    if (this.successor !== null) return this.successor.take(tried, keyHash);
    const { eligible, balancer } = this;
    if (eligible.length === 0) return null;
    const other = tried.length === 0 ? -1 : balancer.pickOther(keyHash, tried);
    const backend = eligible[other >= 0 ? other : balancer.pick(keyHash)];
    this.begin(backend);
    return backend;
  }

  /** A backend whose health is not known yet: better than an error for not knowing. Null: there is none. */
  takeUnknown(): Backend | null {
    const unknown = this.members.filter((backend) => backend.ineligibility()?.reason === 'unknown');
    if (unknown.length === 0) return null;
    const backend = unknown[this.nextUnknown++ % unknown.length];
    this.begin(backend);
    return backend;
  }

  /** True if waiting may help: a verdict is still out, or all are only busy. */
  get isWorthWaiting(): boolean {
    return this.members.some((backend) => {
      const reason = backend.ineligibility()?.reason;
      return reason === 'unknown' || reason === 'full';
    });
  }

  /** Puts a request in line for the next backend that becomes eligible. False: the line is full. */
  wait(waiter: Waiter): boolean {
    if (this.successor !== null) return this.successor.wait(waiter);
    return this.line.join(waiter);
  }

  /** A reload has replaced this pool: who still holds it is served by its successor. */
  retire(successor: Pool): void {
    this.successor = successor;
    for (const waiter of this.line.moveTo(successor.line)) waiter.expired();
    successor.refresh();
  }

  private begin(backend: Backend): void {
    // Counted before connecting: a slow connect must already look busy.
    backend.inFlight++;
    this.load.inFlight++;
    if (backend.inFlight >= this.options.maxConnections) this.refresh();
  }

  /** A request has left the backend. */
  release(backend: Backend): void {
    backend.inFlight--;
    this.load.inFlight--;
    if (backend.inFlight !== this.options.maxConnections - 1) return;
    this.refresh();
  }

  /** Takes in evidence about a backend's health. */
  observe(backend: Backend, evidence: Evidence): void {
    const before = backend.state;
    if (evidence.kind === 'probe' && evidence.passed && this.endsEjection(backend, evidence)) {
      this.readmit(backend, describeEvidence(evidence));
    }
    // Where most are gone the first to come back would drown: then one good probe is enough, and the others are asked too.
    const isScarce = this.eligible.length * 2 < this.members.length;
    const rise = isScarce ? 1 : backend.schedule.rise;
    backend.state = observe(before, evidence, { rise, fall: backend.schedule.fall });
    if (backend.state.health === before.health) return;
    this.refresh();
    if (isScarce && backend.state.health === 'healthy') this.askTheOthers();
    const isNews = before.health !== 'unknown' || backend.state.health === 'unhealthy';
    if (backend.state.health !== 'unknown' && isNews)
      this.announce(backend, backend.state.health, describeEvidence(evidence));
  }

  private askTheOthers(): void {
    for (const member of this.members) if (member.state.health === 'unhealthy') this.around.scheduler.probeSoon(member);
  }

  // A probe speaks for a backend only if it asked after the trouble.
  private endsEjection(backend: Backend, evidence: Evidence): boolean {
    const began = millis(this.now - (evidence.duration ?? 0));
    return backend.ejection !== null && backend.tracker !== null && backend.tracker.probePassed(began, this.now);
  }

  /** An attempt has failed, and it was the backend's doing. */
  noteFailure(backend: Backend, why: Failure): void {
    // As long as it would have had: a fast failure must not look like a fast backend.
    this.balancer.observe?.(backend.id, this.options.firstByteTimeout);
    const cause = outlierCauseOf(why.code);
    if (cause !== null) this.hold(backend, cause);
    if (why.retry === 'no' || backend.options.check === null) return;
    const at = this.around.clock.wall();
    this.observe(backend, { kind: 'traffic', passed: false, detail: why.code, duration: null, at });
    this.around.scheduler.probeSoon(backend);
  }

  /** A backend has answered. */
  noteAnswer(backend: Backend, status: number, latency: Millis): void {
    if (latency > 0) this.balancer.observe?.(backend.id, latency);
    if (status >= 500) this.hold(backend, '5xx');
    else backend.tracker?.succeeded(this.now);
  }

  // The wheel's time: exact enough here, and it costs nothing.
  private get now(): Millis {
    const { wheel } = this.around;
    return millis(wheel.now * wheel.tick);
  }

  /** Holds a bad result against a backend; takes it out where that is enough. */
  private hold(backend: Backend, cause: OutlierCause): void {
    const { tracker } = backend;
    const settings = backend.options.outlier;
    const reason = tracker === null ? null : tracker.failed(cause, this.now);
    if (tracker === null || settings === null || reason === null) return;
    const ejected = this.members.filter((member) => member.ejection !== null).length;
    if (!mayEject({ size: this.members.length, ejected, eligible: this.eligible.length }, settings.max_share)) return;
    const ejection = tracker.eject(reason, this.now);
    const duration = millis(ejection.until - ejection.since);
    backend.ejection = { duration, detail: describeOutlier(reason) };
    this.around.wheel.set(backend, duration);
    this.refresh();
    this.announce(backend, 'ejected', describeIneligibility({ reason: 'ejected', ...backend.ejection }));
    this.around.scheduler.probeSoon(backend);
  }

  readmit(backend: Backend, why = 'its time is over; the next request tries it'): void {
    backend.ejection = null;
    this.around.wheel.clear(backend);
    this.refresh();
    this.announce(backend, 'readmitted', why);
  }

  /** Rebuilds the list of eligible backends and serves those who wait. */
  refresh(): void {
    this.eligible = this.members.filter((backend) => backend.ineligibility() === null);
    this.balancer.update(this.eligible);
    while (this.eligible.length > 0) {
      const waiter = this.line.next();
      if (waiter === null) return;
      const backend = this.take(NONE, waiter.keyHash);
      if (backend !== null) waiter.admitted(backend);
    }
  }

  /** Why no backend can take a request: each with its one reason. */
  explainNone(): Failure {
    if (this.members.length === 0) return failure('none-eligible', `Tenant ${this.options.tenant} has no backends.`);
    const reasons = this.members.map((backend) => {
      const why = backend.ineligibility();
      return `${backend.name} ${why === null ? 'is eligible' : describeIneligibility(why)}`;
    });
    const shown =
      reasons.slice(0, SHOWN).join('; ') + (reasons.length > SHOWN ? `; and ${reasons.length - SHOWN} more` : '');
    return failure('none-eligible', `No backend of tenant ${this.options.tenant} can take the request: ${shown}.`);
  }

  private announce(backend: Backend, kind: BackendChange['kind'], detail: string): void {
    this.around.observer.backendChanged({ tenant: this.options.tenant, backend: backend.name, kind, detail });
  }
}

// Enough to see what is wrong; a page of a thousand backends helps nobody.
const SHOWN = 5;
const NONE: readonly Backend[] = [];
