// What the deciders achieve together, in counts that do not depend on the machine or its speed.
import { describe, expect, test } from 'bun:test';
import { leastRequests } from '../../src/balance/least-requests.ts';
import { p2c } from '../../src/balance/p2c.ts';
import { peakEwma } from '../../src/balance/peak-ewma.ts';
import { roundRobin } from '../../src/balance/round-robin.ts';
import { BIN } from './metrics.ts';
import {
  type Run,
  allGone,
  brownOut,
  correlatedFailure,
  flapping,
  recoveryHerd,
  retryStorm,
  slowBackend,
} from './scenarios.ts';

const MINUTE = 60_000;

/** Attempts at watched backends for each request, from one time to another. */
function watchedShare({ gateway }: Run, from: number, to: number): number {
  return gateway.metrics.between('watched', from, to) / gateway.metrics.between('requests', from, to);
}

describe('flapping', () => {
  const run = flapping();

  test('loses nothing', () => expect(run.gateway.metrics.totals.lost).toBe(0));

  test('changes state at most once down and once up in two runs of the probes', () =>
    expect(run.gateway.metrics.stateChanges).toBeLessThanOrEqual(3 + 2 * 7));

  test('leaves the others their even shares', () => {
    const [, second, third] = run.backends;
    expect(Math.abs(second.attempts - third.attempts)).toBeLessThan(0.02 * second.attempts);
  });

  test('gives it its full share again in the end', () =>
    expect(watchedShare(run, 55_000, MINUTE)).toBeCloseTo(1 / 3, 2));
});

describe('a correlated failure of 800 in 2,000', () => {
  const run = correlatedFailure();
  const { metrics } = run.gateway;

  test('loses less than one request for each backend that failed, and none after the first two seconds', () => {
    expect(metrics.totals.lost).toBeLessThan(800);
    expect(metrics.between('lost', 22_000, MINUTE)).toBe(0);
  });

  test('takes out exactly those that failed', () => expect(metrics.mostAway).toBe(800));

  test('puts the load on the survivors and no more than the load', () => {
    expect(watchedShare(run, 25_000, 40_000)).toBeCloseTo(1, 3);
    expect(watchedShare(run, 55_000, MINUTE)).toBeCloseTo(0.6, 1);
  });

  test('probes the lost ones each second and the others every five, without a burst', () => {
    const expected = 800 + 1200 / 5;
    const rate = metrics.between('probes', 25_000, 40_000) / 15;
    expect(Math.abs(rate - expected)).toBeLessThan(0.05 * expected);
    expect(metrics.highestRate('probes', 1000)).toBeLessThan(1.4 * expected);
  });
});

describe('a backend that is twenty times slower', () => {
  const runs = {
    roundRobin: slowBackend(roundRobin),
    leastRequests: slowBackend(leastRequests),
    p2c: slowBackend(p2c),
    peakEwma: slowBackend(peakEwma),
  };

  test('gets its share in turn, and hardly any where the load or the latency is looked at', () => {
    const lostInTurn = runs.roundRobin.gateway.metrics.totals.lost;
    expect(lostInTurn).toBeGreaterThan(100);
    for (const run of [runs.leastRequests, runs.p2c, runs.peakEwma]) {
      expect(run.gateway.metrics.totals.lost).toBe(0);
      expect(watchedShare(run, 10_000, 30_000)).toBeLessThan(0.02);
    }
  });

  test('is felt least where latency is measured', () => {
    const slowest = (run: Run): number => run.gateway.metrics.percentile(0.999);
    expect(slowest(runs.peakEwma) * 3).toBeLessThan(Math.min(slowest(runs.leastRequests), slowest(runs.p2c)));
  });
});

describe('a retry storm', () => {
  const naive = retryStorm(false).gateway.metrics;
  const budgeted = retryStorm(true).gateway.metrics;
  const limited = retryStorm(true, 200).gateway.metrics;

  test('adds a third of the load without a budget, and stays within a fifth with one', () => {
    expect(naive.totals.attempts).toBeGreaterThan(1.3 * naive.totals.requests);
    expect(budgeted.totals.attempts).toBeLessThan(1.25 * budgeted.totals.requests);
    expect(budgeted.totals.lost).toBeLessThan(naive.totals.lost);
  });

  test('with a limit for each backend only the excess is refused, and nothing after the end of the trouble', () => {
    const excess = 70_000 * 0.15;
    expect(limited.totals.lost).toBeLessThan(1.5 * excess);
    expect(limited.between('lost', 26_000, MINUTE)).toBe(0);
    expect(limited.percentile(0.999)).toBeLessThan(1000);
  });
});

describe('a cold backend that comes back', () => {
  const atOnce = recoveryHerd(false);
  const slowly = recoveryHerd(true);

  test('is not overrun: the slowest requests stay as they were', () => {
    expect(atOnce.gateway.metrics.percentile(0.99)).toBeGreaterThan(1000);
    expect(slowly.gateway.metrics.percentile(0.999)).toBeLessThan(50);
    expect(slowly.gateway.metrics.totals.lost).toBe(0);
  });

  test('has its full share in the end', () => expect(watchedShare(slowly, 40_000, 50_000)).toBeCloseTo(1 / 3, 2));
});

describe('a brown-out of one in a hundred', () => {
  const { metrics } = brownOut().gateway;

  test('ejects nobody', () => expect(metrics.ejections).toBe(0));

  test('is hidden but for those who meet it twice', () => {
    const afflicted = metrics.between('requests', 10_000, 50_000);
    expect(metrics.totals.lost).toBeLessThan(2 * afflicted * 0.01 ** 2);
    expect(metrics.totals.attempts - metrics.totals.requests).toBeLessThan(1.1 * afflicted * 0.01);
  });
});

describe('all gone', () => {
  const { metrics } = allGone().gateway;

  test('asks nobody while nobody is eligible', () => {
    expect(metrics.between('attempts', 12_000, 20_000)).toBe(0);
    expect(metrics.between('probes', 12_000, 20_000)).toBeLessThan(8 * 10 * 1.2);
  });

  test('serves again within a second of the return, and overruns nobody', () => {
    expect(metrics.between('served', 20_000, 21_000)).toBeGreaterThan(0);
    expect(metrics.between('lost', 21_000 + BIN, 40_000)).toBe(0);
  });
});

test('the same seed gives the same history', () => {
  expect(flapping().gateway.metrics.bins).toEqual(flapping().gateway.metrics.bins);
});
