// What the load test makes of what it saw.
import { describe, expect, test } from 'bun:test';
import type { BackendState, Look } from '../../tools/load-test/admin.ts';
import { type Drill, findUntruths, reviewDrill } from '../../tools/load-test/drill.ts';
import { html, list } from '../../tools/load-test/html.ts';
import type { StageReport } from '../../tools/load-test/report.ts';
import { balanceOf, sharesOf } from '../../tools/load-test/shares.ts';
import { Throughput, lanesOf } from '../../tools/load-test/timeline.ts';
import { type Findings, type Limits, judge } from '../../tools/load-test/verdict.ts';
import { millis, share } from '../../src/core/units.ts';

type Places = Record<string, { state?: BackendState; requests?: number; weight?: number }>;

function look(at: number, places: Places, took = 10): Look {
  return {
    askedAt: millis(at),
    answeredAt: millis(at + took),
    health: { status: 'healthy', tenants: {} },
    backends: Object.entries(places).map(([backend, { state = 'healthy', requests = 0, weight = 1 }]) => ({
      tenant: 'shop',
      backend,
      state,
      reason: null,
      weight,
      requests,
    })),
  };
}

const DRILL: Drill = {
  origin: 'b',
  killedAt: millis(1000),
  revivedAt: millis(5000),
  allowed: { down: millis(1200), up: millis(1100) },
};
const OUT: Places = { a: {}, b: { state: 'unhealthy' } };
const IN: Places = { a: {}, b: {} };

describe('health is right', () => {
  test('when it follows the drill within the allowance', () => {
    const looks = [look(0, IN), look(1500, IN), look(2100, OUT), look(4900, OUT), look(6000, OUT), look(6200, IN)];
    expect(findUntruths(looks, DRILL)).toEqual([]);
    expect(reviewDrill(DRILL, looks)).toEqual([
      { tenant: 'shop', backend: 'b', out_after_ms: 1110, back_after_ms: 1210 },
    ]);
  });

  test('when a look that was asked for in time is answered late', () => {
    expect(findUntruths([look(0, IN), look(2100, IN, 500), look(4990, IN, 50)], DRILL)).toEqual([]);
  });

  test('when a backend was not well from the start, and there is no drill', () => {
    expect(findUntruths([look(0, OUT), look(500, IN), look(900, OUT)], null)).toEqual([]);
  });
});

describe('health is wrong', () => {
  test('when the dead one is healthy after the allowance', () => {
    expect(findUntruths([look(0, IN), look(2201, IN)], DRILL)).toEqual([
      'shop/b was healthy although its origin was gone',
    ]);
  });

  test('when the one that came back is unhealthy after the allowance', () => {
    const looks = [look(0, IN), look(2201, OUT), look(6101, OUT)];
    expect(findUntruths(looks, DRILL)).toEqual(['shop/b was unhealthy although its origin was there']);
  });

  test.each([['unhealthy'], ['ejected'], ['unknown']] as const)('when another one becomes %s under load', (state) => {
    const looks = [look(0, IN), look(1500, { a: { state }, b: {} })];
    expect(findUntruths(looks, DRILL)).toEqual([`shop/a was ${state} although its origin was there`]);
  });

  test('when nobody answers', () => {
    expect(findUntruths([look(0, IN), { ...look(100, IN), health: null, backends: null }], null)).toHaveLength(1);
  });

  test('when the drill was never noticed, however short it was', () => {
    const drill = { ...DRILL, revivedAt: millis(1500) };
    const backends = reviewDrill(drill, [look(0, IN), look(1200, IN), look(1600, IN)]);
    expect(backends).toMatchObject([{ out_after_ms: null, back_after_ms: 110 }]);
    const report = { origin: 'b', killed_at: 1000, revived_at: 1500, allowed_ms: { out: 1200, back: 1100 }, backends };
    expect(ruleOf({ drill: report }, 'health')).toEqual([false, 'shop/b was never seen out']);
  });
});

describe('shares', () => {
  test('are what was added from the first look to the last', () => {
    const looks = [
      look(0, { a: { requests: 5 }, b: { requests: 100 } }),
      look(9, { a: { requests: 305 }, b: { requests: 200 } }),
    ];
    expect(sharesOf(looks)).toMatchObject([
      { backend: 'a', requests: 300, share: 0.75, steady: true },
      { backend: 'b', requests: 100, share: 0.25, steady: true },
    ]);
  });

  test('are compared by weight, and only among those that were there all the time', () => {
    const looks = [
      look(0, { a: { weight: 3 }, b: {}, c: {} }),
      look(1, { a: { weight: 3 }, b: {}, c: { state: 'ejected' } }),
      look(2, { a: { weight: 3, requests: 600 }, b: { requests: 180 }, c: { requests: 1 } }),
    ];
    expect(balanceOf(sharesOf(looks) ?? [])).toBeCloseTo(0.9);
  });

  test('say nothing where too little went to a tenant', () => {
    expect(balanceOf(sharesOf([look(0, IN), look(1, { a: { requests: 9 }, b: {} })]) ?? [])).toBeNull();
  });

  test('are unknown where backends may not be seen', () => {
    expect(sharesOf([{ ...look(0, IN), backends: null }])).toBeNull();
  });
});

describe('the verdict', () => {
  test('fails for one lost request, unless some may be lost', () => {
    const stages = [stage({ requests: 999, lost: 1, error_rate: 0.001 })];
    expect(ruleOf({ stages }, 'requests')[0]).toBe(false);
    expect(ruleOf({ stages }, 'requests', { maxErrorRate: share(0.001) })[0]).toBe(true);
  });

  test('fails where nothing was answered, whatever may be lost', () => {
    const stages = [stage({ requests: 0, lost: 5, error_rate: 1 })];
    expect(ruleOf({ stages }, 'requests', { maxErrorRate: share(1) })).toEqual([
      false,
      'long run: no request was answered',
    ]);
  });

  test('judges the worst stage by latency and balance', () => {
    const stages = [stage({ balance: 0.95 }), stage({ name: 'slow', balance: 0.5, p99: 80 })];
    expect(ruleOf({ stages }, 'balance')[0]).toBe(false);
    expect(ruleOf({ stages }, 'balance', { minBalance: share(0.5) })[0]).toBe(true);
    expect(ruleOf({ stages }, 'latency', { maxP99: millis(79) })).toEqual([
      false,
      'p99 up to 80ms (slow), allowed 79ms',
    ]);
  });

  test('does not judge what is not known', () => {
    const { rules } = judge({ stages: [stage({})], drill: null, looks: 0, untruths: [] }, LIMITS);
    expect(rules.map(({ rule }) => rule)).toEqual(['requests']);
  });
});

describe('the timeline', () => {
  test('spreads what came between two moments, and loses nothing', () => {
    const throughput = new Throughput(100);
    throughput.add(30, 50, 350);
    throughput.add(10, 350, 360);
    expect(throughput.perSecond()).toEqual([50, 100, 100, 150]);
  });

  test('has a span for each state', () => {
    const spans = lanesOf([look(0, IN), look(100, IN), look(200, OUT), look(300, IN)], 500)[1].spans;
    expect(spans).toEqual([
      { from: 10, to: 210, state: 'healthy' },
      { from: 210, to: 310, state: 'unhealthy' },
      { from: 310, to: 500, state: 'healthy' },
    ]);
  });
});

test('text gets into the page escaped, markup as it is', () => {
  const name = `<img src=x onerror="alert('1')">&`;
  const item = html`<li title="${name}">${name}${3}</li>`;
  expect(item.text).not.toContain('<img');
  expect(list([item, item]).text).toBe(item.text + item.text);
  expect(html`<ul>${item}</ul>`.text).toBe(`<ul>${item.text}</ul>`);
});

const LIMITS: Limits = { maxErrorRate: share(0), maxP99: null, minBalance: share(0.9) };

function ruleOf(findings: Partial<Findings>, name: string, limits: Partial<Limits> = {}) {
  const all: Findings = { stages: [stage({})], drill: null, looks: 3, untruths: [], ...findings };
  const found = judge(all, { ...LIMITS, ...limits }).rules.find(({ rule }) => rule === name);
  return [found?.passed, found?.detail];
}

function stage({ p99 = 5, ...rest }: Partial<StageReport> & { p99?: number }): StageReport {
  return {
    name: 'long run',
    url: 'http://127.0.0.1/',
    host: null,
    proxied: true,
    connections: 1,
    started_at: 0,
    ended_at: 1000,
    requests: 1000,
    requests_per_second: 1000,
    bytes: 0,
    latency_ms: { mean: 1, p50: 1, p90: 2, p99, p999: p99, max: p99 },
    statuses: {},
    errors: {},
    lost: 0,
    error_rate: 0,
    shares: null,
    balance: null,
    health: null,
    ...rest,
  };
}
