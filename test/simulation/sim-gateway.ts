// The gateway's deciders, put together as in the data plane, over simulated origins. Only the outside is simulated: all
// decisions are made by the product's own code.
import type { Balancer, BalancerKind } from '../../src/balance/contract.ts';
import { mix32 } from '../../src/core/hash.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import type { RetrySettings } from '../../src/config/retry.ts';
import { RetryBudget } from '../../src/pools/retry-budget.ts';
import type { Schedule } from '../../src/probing/contract.ts';
import { type OutlierCause, type OutlierSettings, mayEject } from '../../src/standing/outlier.ts';
import { type PlannedProbe, ProbePlan } from '../../src/probing/probe-plan.ts';
import { type SlowStartSettings, nextRampStep, rampedWeight } from '../../src/standing/slow-start.ts';
import { probeInterval } from '../../src/probing/intervals.ts';
import { observe, observeServed, riseFor } from '../../src/standing/state-machine.ts';
import { create } from '../support/balancing.ts';
import { BUDGET_DEFAULTS } from '../support/defaults.ts';
import { Metrics } from './metrics.ts';
import type { SimBackend } from './sim-backend.ts';
import { SimExchange } from './sim-exchange.ts';
import type { Simulation } from './simulation.ts';

export type SimGatewaySettings = {
  readonly balancer: BalancerKind<unknown>;
  readonly options?: object;
  readonly schedule: Schedule;
  readonly outlier: OutlierSettings;
  readonly slowStart: SlowStartSettings;
  readonly retry: RetrySettings;
  /** False: retries without limit, as in a naive proxy. */
  readonly hasBudget: boolean;
  /** The most requests in flight at one backend. */
  readonly maxRequests: number;
  readonly firstByteTimeout: Millis;
  readonly exchangeTimeout: Millis;
  readonly random: () => number;
  /** Selects the backends whose share of the load is counted. */
  readonly watched: (backend: SimBackend) => boolean;
};

/** One tenant of the simulated gateway. */
export class SimGateway {
  readonly metrics = new Metrics();
  readonly load = { inFlight: 0 };
  readonly budget = new RetryBudget(BUDGET_DEFAULTS);
  eligible: SimBackend[] = [];
  private readonly balancer: Balancer;
  private readonly plan: ProbePlan;
  private keys = 0;
  private nextWake = Number.POSITIVE_INFINITY;

  constructor(
    readonly simulation: Simulation,
    readonly backends: readonly SimBackend[],
    readonly settings: SimGatewaySettings,
  ) {
    const { random } = settings;
    this.balancer = create(
      settings.balancer,
      { random, now: simulation.now, load: this.load, offset: 0 },
      settings.options,
    );
    this.plan = new ProbePlan({ maxRunning: 4096, random });
    for (const backend of backends)
      this.plan.subscribe(backend.key, backend.identityHash, backend.id, simulation.now());
    simulation.once(0, () => this.probeDue());
  }

  /** Sends requests at a rate (per second), at random times. */
  offer(rate: number, from: number, until: number): void {
    const next = (at: number): void => {
      const time = at - (Math.log(1 - this.settings.random()) * 1000) / rate;
      if (time >= until) return;
      this.simulation.once(time, () => {
        next(time);
        new SimExchange(this, mix32(this.keys++)).begin();
      });
    };
    next(from);
  }

  /** Picks a backend. Null: none is eligible, or, for a retry, none that was not tried. */
  pick(keyHash: number, tried: readonly SimBackend[]): SimBackend | null {
    if (this.eligible.length === 0) return null;
    const at = tried.length === 0 ? this.balancer.pick(keyHash) : this.balancer.pickOther(keyHash, tried);
    if (at < 0) return null;
    const backend = this.eligible[at];
    return backend.inFlight < this.settings.maxRequests ? backend : this.pick(keyHash, [...tried, backend]);
  }

  served(backend: SimBackend, latency: number): void {
    const now = this.simulation.now();
    backend.outlier.succeeded(1, now);
    backend.health = observeServed(backend.health);
    this.balancer.observe?.(backend.id, millis(latency));
  }

  failed(backend: SimBackend, cause: OutlierCause): void {
    const now = this.simulation.now();
    if (cause !== '5xx') this.balancer.observe?.(backend.id, this.settings.firstByteTimeout);
    const reason = backend.outlier.failed(cause, now);
    if (reason !== null) this.ejectIfAllowed(backend, reason);
    if (cause !== 'connect') return;
    this.take(backend, false, 'traffic');
    this.plan.hasten(backend.key, probeInterval(backend.health, this.settings.schedule), now);
    this.probeLater();
  }

  private ejectIfAllowed(backend: SimBackend, reason: Parameters<SimBackend['outlier']['eject']>[0]): void {
    const now = this.simulation.now();
    const ejected = this.backends.filter((one) => one.outlier.ejected(now) !== null).length;
    const troubled = this.eligible.filter((one) => one !== backend && one.outlier.isTroubled).length;
    const standing = { size: this.backends.length, ejected, eligible: this.eligible.length, troubled };
    if (!this.eligible.includes(backend) || !mayEject(standing, this.settings.outlier.max_share)) return;
    const ejection = backend.outlier.eject(reason, now);
    this.metrics.ejections++;
    this.simulation.once(ejection.until, () => {
      if (backend.isEligible(this.simulation.now())) this.comeBack(backend);
    });
    this.refresh();
  }

  private take(backend: SimBackend, passed: boolean, kind: 'probe' | 'traffic'): void {
    const before = backend.health.health;
    const now = this.simulation.now();
    const { rise, fall } = this.settings.schedule;
    const thresholds = { rise: riseFor(rise, this.eligible.length, this.backends.length), fall };
    backend.health = observe(backend.health, { kind, passed, detail: '', duration: null, at: now }, thresholds);
    if (backend.health.health === before) return;
    this.metrics.stateChanges++;
    if (before === 'unhealthy') this.comeBack(backend);
    else this.refresh();
    if (passed) this.callOthers();
  }

  // The first backend that comes back to a pool in need gets the load of all: so the others are probed at once.
  private callOthers(): void {
    if (this.eligible.length * 2 >= this.backends.length) return;
    for (const { key } of this.backends) this.plan.hasten(key, millis(50), this.simulation.now());
    this.probeLater();
  }

  private comeBack(backend: SimBackend): void {
    backend.returnedAt = this.simulation.now();
    this.ramp(backend, backend.returnedAt);
  }

  private ramp(backend: SimBackend, returnedAt: Millis): void {
    if (backend.returnedAt !== returnedAt) return;
    this.refresh();
    const next = nextRampStep(returnedAt, this.simulation.now(), this.settings.slowStart);
    if (next !== null) this.simulation.once(next, () => this.ramp(backend, returnedAt));
  }

  private refresh(): void {
    const now = this.simulation.now();
    this.eligible = this.backends.filter((backend) => backend.isEligible(now));
    for (const backend of this.eligible)
      backend.weight = rampedWeight(1, backend.returnedAt, now, this.settings.slowStart);
    this.balancer.update(this.eligible);
    if (now > 1000)
      this.metrics.mostAway = Math.max(this.metrics.mostAway, this.backends.length - this.eligible.length);
  }

  private probeDue(): void {
    const now = this.simulation.now();
    for (let probe = this.plan.take(now); probe !== null; probe = this.plan.take(now)) this.run(probe);
    this.probeLater();
  }

  private probeLater(): void {
    const next = this.plan.nextDue();
    if (next === null || next >= this.nextWake) return;
    this.nextWake = next;
    this.simulation.once(next, () => {
      if (this.nextWake !== next) return;
      this.nextWake = Number.POSITIVE_INFINITY;
      this.probeDue();
    });
  }

  private run(probe: PlannedProbe): void {
    const { schedule } = this.settings;
    this.metrics.count('probes', probe.startedAt);
    const members = probe.subscribers.ids().map((id) => this.backends[id]);
    const result = members[0].origin.probe(probe.startedAt, schedule.timeout);
    this.simulation.once(probe.startedAt + result.duration, () => {
      const now = this.simulation.now();
      for (const backend of members) {
        this.take(backend, result.passed, 'probe');
        if (result.passed && backend.outlier.probePassed(probe.startedAt, now) && backend.isEligible(now))
          this.comeBack(backend);
      }
      const interval = Math.min(...members.map((backend) => probeInterval(backend.health, schedule)));
      this.plan.finished(probe, millis(interval), now);
      this.probeLater();
    });
  }
}
