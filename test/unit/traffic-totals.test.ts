import { describe, expect, test } from 'bun:test';
import { failureCodes } from '../../src/core/failure.ts';
import {
  FIRST_TENANT,
  MOST_FAILURES,
  NO_TENANT,
  OTHER_TENANTS,
  WHOLE,
  tenantSeries,
} from '../../src/core/series-layout.ts';
import { Times } from '../../src/forward/times.ts';
import { millis } from '../../src/core/units.ts';
import type { ExchangeRecord } from '../../src/message/record.ts';
import { quantile } from '../../src/core/traffic-totals.ts';
import { failureNumber } from '../../src/observe/metrics/reasons.ts';
import { totalsReader } from '../../src/observe/metrics/totals.ts';
import { TrafficCounter } from '../../src/observe/metrics/traffic-counter.ts';
import { GatewayCells } from '../../src/core/gateway-cells.ts';
import { ATTEMPT, recordOf } from '../support/record-of.ts';
import { sharedProcesses } from '../support/shared-cells.ts';

const BOUNDS = [1, 10, 100];

function timesOf(duration: number): Times {
  const times = new Times();
  times.begin(millis(1000));
  times.attempted = millis(1000);
  times.answered = millis(1000 + duration / 2);
  times.left = millis(1000 + duration);
  return times;
}

function record(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return recordOf({ tenantSeries: FIRST_TENANT, times: timesOf(4), ...changes });
}

const find = { ofTenant: (name: string) => (name === 'shop' ? FIRST_TENANT : null), ofBackend: () => null };

describe('what is counted of traffic', () => {
  test('has a place for each code of a failure', () => {
    expect(failureCodes.length).toBeLessThanOrEqual(MOST_FAILURES);
    expect(new Set(failureCodes.map(failureNumber)).size).toBe(failureCodes.length);
  });

  test('is the sum of all processes', () => {
    const { owner, processes } = sharedProcesses(3);
    owner.traffic.bounds = BOUNDS;
    for (const { traffic } of processes) {
      const counter = new TrafficCounter(traffic);
      counter.exchangeEnded(record());
      counter.exchangeEnded(record({ status: 503, failure: 'none-eligible', times: timesOf(40) }));
    }
    const reader = totalsReader(owner.traffic, find);
    const expected = { requests: 6, byStatus: [0, 0, 3, 0, 0, 3], bytesIn: 600, bytesOut: 6000 };
    expect(reader.whole()).toMatchObject(expected);
    expect(reader.tenant('shop')).toMatchObject(expected);
    expect(reader.whole().duration).toEqual({ bounds: [0.001, 0.01, 0.1], counts: [0, 3, 3, 0], sum: 0.132 });
    const failures = (place: number): number =>
      owner.traffic.tenants.sum(place, tenantSeries.failures + failureNumber('none-eligible'));
    expect([failures(FIRST_TENANT), failures(WHOLE), failures(NO_TENANT)]).toEqual([3, 3, 0]);
  });

  test('stays when a process ends, and whoever has its place next counts on', () => {
    const { owner, processes, another } = sharedProcesses(2);
    owner.traffic.bounds = BOUNDS;
    owner.tenants.take('shop');
    for (const { traffic } of processes) new TrafficCounter(traffic).exchangeEnded(record());
    owner.takeBack(1);
    const reader = totalsReader(owner.traffic, find);
    expect(reader.tenant('shop')?.requests).toBe(2);
    new TrafficCounter(another(1).traffic).exchangeEnded(record());
    expect(reader.whole()).toMatchObject({ requests: 3, bytesOut: 3000 });
  });

  test('goes on beyond what a word of 32 bits can count', () => {
    const { traffic } = GatewayCells.alone();
    traffic.bounds = BOUNDS;
    const counter = new TrafficCounter(traffic);
    const large = 3 * 2 ** 31;
    for (let time = 0; time < 2; time++) counter.exchangeEnded(record({ tenantSeries: NO_TENANT, bytesOut: large }));
    expect(totalsReader(traffic, find).whole().bytesOut).toBe(2 * large);
  });

  test('says by reason why attempts were followed by others', () => {
    const { traffic, tenants } = GatewayCells.alone();
    traffic.bounds = BOUNDS;
    tenants.take('shop');
    const tried = [
      { ...ATTEMPT, outcome: 'connect-refused' as const },
      { ...ATTEMPT, outcome: 503 },
      { ...ATTEMPT, outcome: 200 },
    ];
    new TrafficCounter(traffic).exchangeEnded(record({ attemptCount: 3, tried }));
    expect(totalsReader(traffic, find).tenant('shop')).toMatchObject({ retries: 2, saved: 1 });
  });
});

test('the first tenants have figures of their own, and those that go leave theirs to others, from nothing on', () => {
  const { tenants, traffic } = GatewayCells.alone({ tenantSeries: 2, backendSeries: 2 });
  const [first, second, third] = ['a', 'b', 'c'].map((name) => tenants.take(name));
  const seriesOf = (slot: typeof first): number => (slot === undefined || slot === null ? -1 : tenants.seriesOf(slot));
  expect([first, second, third].map(seriesOf)).toEqual([FIRST_TENANT, FIRST_TENANT + 1, OTHER_TENANTS]);
  new TrafficCounter(traffic).exchangeEnded(record());
  if (first !== undefined && first !== null) tenants.give(first);
  expect(seriesOf(tenants.take('d'))).toBe(FIRST_TENANT);
  expect(totalsReader(traffic, find).tenant('shop')?.requests).toBe(0);
  expect(totalsReader(traffic, find).whole().requests).toBe(1);
});

test('a quantile lies in the bucket that has it', () => {
  const histogram = { bounds: [1, 2, 4], counts: [50, 40, 10, 0], sum: 0 };
  expect([0.5, 0.9, 0.95].map((part) => quantile(histogram, part))).toEqual([1, 2, 3]);
  expect(quantile({ ...histogram, counts: [0, 0, 0, 5] }, 0.5)).toBe(4);
  expect(quantile({ ...histogram, counts: [0, 0, 0, 0] }, 0.5)).toBeNull();
});
