import { describe, expect, test } from 'bun:test';
import { atOnce } from '../../src/core/slices.ts';
import { NOTHING, Timeline, type Point } from '../../src/observe/history/timeline.ts';
import { TrafficHistory } from '../../src/observe/history/traffic-history.ts';
import type { TrafficTotals } from '../../src/core/traffic-totals.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const of = (requests: number): Point => ({ ...NOTHING, requests, p50: 1, p95: 2, p99: 3 });

describe('a timeline', () => {
  test('has what was put, and nothing of steps that were left out, or are still to come', () => {
    const line = new Timeline(10, 100);
    line.put(1005, of(1));
    line.put(1029, of(2));
    expect([995, 1000, 1009, 1010, 1020, 1030].map((at) => line.at(at)?.requests ?? null)).toEqual([
      null,
      1,
      1,
      null,
      2,
      null,
    ]);
  });

  test('forgets the oldest steps', () => {
    const line = new Timeline(10, 3);
    for (let step = 100; step < 105; step++) line.put(step * 10, of(step));
    expect([1010, 1020, 1030, 1040].map((at) => line.at(at)?.requests ?? null)).toEqual([null, 102, 103, 104]);
  });

  test('forgets all of them after a gap that is longer than it', () => {
    const line = new Timeline(10, 3);
    line.put(1000, of(1));
    line.put(9000, of(2));
    expect([1000, 8980, 8990, 9000].map((at) => line.at(at)?.requests ?? null)).toEqual([null, null, null, 2]);
  });

  test('grows with what it has, and keeps it', () => {
    const line = new Timeline(10, 1000);
    for (let step = 7; step < 500; step++) line.put(step * 10, of(step));
    for (let step = 7; step < 500; step++) expect(line.at(step * 10)?.requests).toBe(step);
  });

  test('knows no latency of a step in which nothing ended', () => {
    const line = new Timeline(10, 10);
    line.put(0, { ...NOTHING, inFlight: 4 });
    expect(line.at(0)).toEqual({ ...NOTHING, inFlight: 4 });
  });

  test('forgets what lies ahead where the clock is set back, and has what comes then', () => {
    const line = new Timeline(10, 10);
    for (const at of [10, 20, 30, 40, 50]) line.put(at, of(at));
    line.put(30, of(3));
    const known = (): readonly (number | null)[] => [10, 20, 30, 40, 50].map((at) => line.at(at)?.requests ?? null);
    expect(known()).toEqual([10, 20, 3, null, null]);
    line.put(50, of(5));
    expect(known()).toEqual([10, 20, 3, null, 5]);
    const other = new Timeline(10, 10);
    other.put(5000, of(1));
    other.put(40, of(2));
    expect([40, 5000].map((at) => other.at(at)?.requests ?? null)).toEqual([2, null]);
  });

  test('takes in what was known before, as far back as it goes', () => {
    const line = new Timeline(10, 100);
    line.put(1000, of(1));
    line.fill(970, of(2));
    line.fill(1000, of(9));
    line.fill(960, of(3));
    line.fill(0, of(4));
    expect([960, 970, 980, 1000, 1010].map((at) => line.at(at)?.requests ?? null)).toEqual([3, 2, null, 1, null]);
    const empty = new Timeline(10, 10);
    empty.fill(50, of(5));
    expect(empty.at(50)?.requests).toBe(5);
  });
});

/** Counts of one that has answered with 200 in 5 ms. */
class Counted {
  requests = 0;
  bad = 0;

  get totals(): TrafficTotals {
    const { requests, bad } = this;
    const durations = { bounds: [0.004, 0.008], counts: [0, requests, 0], sum: requests * 0.005 };
    return {
      requests,
      byStatus: [0, 0, requests - bad, 0, 0, bad],
      bytesIn: 0,
      bytesOut: requests * 100,
      retries: 0,
      saved: 0,
      duration: durations,
      firstByte: durations,
    };
  }
}

function historyOf(names: readonly string[]) {
  const clock = new VirtualClock();
  const counted = new Map(names.map((name) => [name, new Counted()]));
  const whole = new Counted();
  const history = new TrafficHistory({
    clock,
    totals: {
      whole: () => whole.totals,
      tenant: (name) => counted.get(name)?.totals ?? null,
      backend: () => null,
    },
    tenants: () => names.map((name) => ({ name, inFlight: 3 })),
    inFlight: () => 7,
    inSlices: async (steps) => atOnce(steps),
  });
  history.begin();
  const serve = (name: string, requests: number, bad = 0): void => {
    for (const one of [whole, counted.get(name)]) {
      if (one === undefined) continue;
      one.requests += requests;
      one.bad += bad;
    }
  };
  return { clock, history, serve };
}

describe('the past of the traffic', () => {
  test('is exact: what all steps have adds up to what was served', async () => {
    const { clock, history, serve } = historyOf(['shop', 'idle']);
    let served = 0;
    for (let second = 0; second < 120; second++) {
      serve('shop', second, second % 2);
      served += second;
      await clock.advance(1000);
    }
    await clock.advance(10_000);
    for (const tenant of [null, 'shop']) {
      const points = (await history.past(tenant, '15m'))?.points ?? [];
      expect(points.reduce((sum, point) => sum + (point?.requests ?? 0), 0)).toBe(served);
      expect(points.reduce((sum, point) => sum + (point?.serverErrors ?? 0), 0)).toBe(60);
      expect(points.at(-2)).toMatchObject({ inFlight: tenant === null ? 7 : 3 });
    }
  });

  test('has a tenant from its first request on', async () => {
    const { clock, history, serve } = historyOf(['shop', 'idle']);
    serve('shop', 1);
    await clock.advance(20_000);
    expect(await history.past('idle', '1h')).toBeNull();
    expect(await history.past('shop', '1h')).not.toBeNull();
    expect(history.latest('idle', 3)).toEqual([null, null, null]);
  });

  test('has percentiles of what ended in the step alone', async () => {
    const { clock, history, serve } = historyOf(['shop']);
    serve('shop', 10);
    await clock.advance(20_000);
    const points = ((await history.past(null, '15m'))?.points ?? []).filter((point) => point !== null);
    expect(points[0]?.p50).toBeCloseTo(6, 5);
    expect(points.at(-1)?.p50).toBeNull();
  });

  test('has the last ten seconds as now', async () => {
    const { clock, history, serve } = historyOf(['shop']);
    for (let second = 0; second < 30; second++) {
      serve('shop', 5, 1);
      await clock.advance(1000);
    }
    const { seconds, point } = history.now;
    expect({ seconds, requests: point.requests, bad: point.serverErrors, bytes: point.bytesOut }).toEqual({
      seconds: 10,
      requests: 50,
      bad: 10,
      bytes: 5000,
    });
  });
});
