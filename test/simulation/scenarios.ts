// The scenarios: which fault, when, and with which settings. Each returns the counts of its run.
import type { BalancerKind } from '../../src/balance/contract.ts';
import { p2c } from '../../src/balance/p2c.ts';
import { roundRobin } from '../../src/balance/round-robin.ts';
import { millis } from '../../src/core/units.ts';
import type { RetryCondition } from '../../src/config/retry.ts';
import { seededRandom } from '../support/balancing.ts';
import { BACK_OFF_DEFAULTS, OUTLIER_DEFAULTS, SLOW_START } from '../support/defaults.ts';
import { type SimBackend, backendsOf } from './sim-backend.ts';
import { SimGateway, type SimGatewaySettings } from './sim-gateway.ts';
import { Simulation } from './simulation.ts';

export type Run = {
  readonly gateway: SimGateway;
  readonly backends: readonly SimBackend[];
  readonly simulation: Simulation;
};

type Shape = { readonly count: number; readonly capacity: number; readonly seed?: number };

/** Requests begin when the first probes have answered. */
const START = 100;

function setUp(shape: Shape, changes: Partial<SimGatewaySettings> = {}): Run {
  const random = seededRandom(shape.seed ?? 1);
  const settings: SimGatewaySettings = {
    balancer: roundRobin,
    schedule: {
      interval: millis(5000),
      timeout: millis(2000),
      fast_interval: millis(1000),
      down_interval: null,
      rise: 2,
      fall: 3,
    },
    outlier: OUTLIER_DEFAULTS,
    slowStart: SLOW_START,
    retry: {
      attempts: 2,
      conditions: new Set<RetryCondition>(['connect', 'reset']),
      statuses: new Set([502, 503, 504]),
      back_off: BACK_OFF_DEFAULTS,
    },
    hasBudget: true,
    maxRequests: Number.POSITIVE_INFINITY,
    firstByteTimeout: millis(2000),
    exchangeTimeout: millis(10_000),
    random,
    watched: () => true,
    ...changes,
  };
  const simulation = new Simulation();
  const backends = backendsOf(shape.count, { capacity: shape.capacity, latency: millis(5), random }, settings.outlier);
  return { simulation, backends, gateway: new SimGateway(simulation, backends, settings) };
}

/** One of three refuses for a second, serves for a second, and so on for 20 s. */
export function flapping(): Run {
  const run = setUp({ count: 3, capacity: 2000 }, { watched: (backend) => backend.id === 0 });
  run.gateway.offer(1500, START, 60_000);
  for (let at = 20_000; at < 40_000; at += 2000) {
    run.simulation.once(at, () => (run.backends[0].origin.state = 'refusing'));
    run.simulation.once(at + 1000, () => (run.backends[0].origin.state = 'up'));
  }
  run.simulation.run(62_000);
  return run;
}

/** Four of ten in a pool of 2,000 refuse at the same instant and come back together 20 s later. */
export function correlatedFailure(): Run {
  const isHit = (backend: SimBackend): boolean => backend.id % 5 < 2;
  const run = setUp({ count: 2000, capacity: 40 }, { balancer: p2c, watched: (backend) => !isHit(backend) });
  run.gateway.offer(20_000, START, 60_000);
  for (const backend of run.backends.filter(isHit)) {
    run.simulation.once(20_000, () => (backend.origin.state = 'refusing'));
    run.simulation.once(40_000, () => (backend.origin.state = 'up'));
  }
  run.simulation.run(65_000);
  return run;
}

/** One of ten is twenty times slower than the others, but its health page is good. */
export function slowBackend(balancer: BalancerKind<unknown>): Run {
  const run = setUp({ count: 10, capacity: 1000 }, { balancer, watched: (backend) => backend.id === 0 });
  run.gateway.offer(4000, START, 30_000);
  run.simulation.once(5000, () => (run.backends[0].origin.slowness = 20));
  run.simulation.run(35_000);
  return run;
}

/** For 10 s the pool has capacity for 85 % of the load. Requests that time out are tried again, with or without a budget, and with or without a limit of requests for each backend. */
export function retryStorm(hasBudget: boolean, maxRequests = Number.POSITIVE_INFINITY): Run {
  const retry = {
    attempts: 3,
    conditions: new Set<RetryCondition>(['connect', 'reset', 'timeout']),
    statuses: new Set([502, 503, 504]),
    back_off: BACK_OFF_DEFAULTS,
  };
  const run = setUp(
    { count: 10, capacity: 1000 },
    { balancer: p2c, hasBudget, maxRequests, retry, firstByteTimeout: millis(1000) },
  );
  run.gateway.offer(7000, START, 60_000);
  for (const { origin } of run.backends) {
    run.simulation.once(15_000, () => (origin.slowness = 1.68));
    run.simulation.once(25_000, () => (origin.slowness = 1));
  }
  run.simulation.run(65_000);
  return run;
}

/** One of three restarts under load and comes back cold. */
export function recoveryHerd(hasSlowStart: boolean): Run {
  const slowStart = { ...SLOW_START, time: millis(hasSlowStart ? 10_000 : 0) };
  const run = setUp({ count: 3, capacity: 1500 }, { slowStart, watched: (backend) => backend.id === 0 });
  run.gateway.offer(2400, START, 50_000);
  run.simulation.once(10_000, () => (run.backends[0].origin.state = 'refusing'));
  run.simulation.once(20_000, () => run.backends[0].origin.restart(run.simulation.now()));
  run.simulation.run(55_000);
  return run;
}

/** One request in a hundred is answered 503, by every backend alike. */
export function brownOut(): Run {
  const run = setUp({ count: 100, capacity: 400 });
  run.gateway.offer(20_000, START, 50_000);
  for (const { origin } of run.backends) run.simulation.once(10_000, () => (origin.errorShare = 0.01));
  run.simulation.run(52_000);
  return run;
}

/** All backends are gone for 10 s. */
export function allGone(): Run {
  const run = setUp({ count: 10, capacity: 1000 });
  run.gateway.offer(4000, START, 40_000);
  for (const { origin } of run.backends) {
    run.simulation.once(10_000, () => (origin.state = 'refusing'));
    run.simulation.once(20_000, () => (origin.state = 'up'));
  }
  run.simulation.run(42_000);
  return run;
}
