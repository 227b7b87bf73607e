// Discovery, for all sequences of answers and failures.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { millis } from '../../src/core/units.ts';
import type { DiscoverySpec, Endpoint, SrvRecord } from '../../src/discovery/contract.ts';
import { isSameSet, srvEndpoints } from '../../src/discovery/endpoints.ts';
import { nextDelay } from '../../src/discovery/schedule.ts';
import { NameWatch } from '../../src/discovery/watch.ts';
import { ScriptedLookup } from '../support/scripted-lookup.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MIN = 1000;
const MAX = 20_000;
const APP: DiscoverySpec = {
  kind: 'addresses',
  name: 'app.test',
  port: 80,
  family: 'prefer_ipv4',
  minTtl: millis(MIN),
  maxTtl: millis(MAX),
};

const address = fc.integer({ min: 1, max: 6 }).map((last) => `10.0.0.${last}`);
const failureCode = fc.constantFrom('not-found', 'timeout', 'refused', 'server-failed', 'malformed', 'unreachable');
const answer = fc.oneof(
  fc.record({ records: fc.array(address, { maxLength: 5 }), ttl: fc.option(fc.nat(40)) }),
  failureCode,
);
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a watch', () => {
  test('never loses its last good answer, tells every change once, and keeps floor and ceiling', async () => {
    const steps = fc.array(fc.tuple(answer, fraction), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const lookup = new ScriptedLookup();
        const clock = new VirtualClock();
        const told: (readonly Endpoint[])[] = [];
        let good: string | null = null;
        let random = 0;
        lookup.answers.set('A app.test', script[0][0]);
        const around = { lookup, clock, random: () => random };
        const tell = (endpoints: readonly Endpoint[]): void => void told.push(endpoints);
        const watch = new NameWatch(APP, around, tell, () => undefined);
        for (const [said, next] of script) {
          lookup.answers.set('A app.test', said);
          random = next;
          const asked = lookup.asked.filter((question) => question === 'A app.test').length;
          await clock.advance(0.01);
          const { nextAt, state } = watch.status;
          const isGood = typeof said !== 'string' && said.records.length > 0;
          if (isGood) good = [...new Set(said.records)].toSorted().join();
          expect(watch.endpoints?.map((one) => one.hostname).join() ?? null).toBe(good);
          expect(state).toBe(isGood ? 'resolved' : good === null ? 'failed' : 'stale');
          const wait = (nextAt ?? 0) - clock.now();
          expect(wait).toBeGreaterThanOrEqual(MIN - 1);
          expect(wait).toBeLessThanOrEqual(MAX + 1);
          await clock.advance(wait - 0.005);
          expect(lookup.asked.filter((question) => question === 'A app.test').length - asked).toBeLessThanOrEqual(1);
        }
        const sets = told.map((endpoints) => endpoints.map((one) => one.hostname).join());
        expect(sets.every((set, at) => set !== '' && set !== sets[at - 1])).toBe(true);
        expect(sets.at(-1) ?? null).toBe(good);
        watch.close();
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test('waits between floor and ceiling, for any TTL, number of failures and jitter', () => {
    const bounds = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 100_000 }));
    const ttls = fc.option(fc.nat(10_000_000));
    fc.assert(
      fc.property(bounds, ttls, fc.nat(2000), fraction, ([a, b], ttl, failures, random) => {
        const spec = { minTtl: millis(Math.min(a, b)), maxTtl: millis(Math.max(a, b)) };
        const delay = nextDelay(spec, ttl === null ? null : millis(ttl), failures, random);
        expect(delay).toBeGreaterThanOrEqual(spec.minTtl);
        expect(delay).toBeLessThanOrEqual(Math.max(spec.maxTtl + 0.001, spec.minTtl * 1.1));
        const isFree = failures === 0 && ttl !== null && ttl >= spec.minTtl && ttl * 1.1 <= spec.maxTtl;
        if (isFree) expect(delay).toBeGreaterThanOrEqual(ttl);
      }),
    );
  });
});

describe('the endpoints of SRV records', () => {
  const targets = ['a.test', 'b.test', 'c.test'];
  const record = fc.record({
    target: fc.constantFrom(...targets),
    port: fc.constantFrom(80, 81),
    priority: fc.nat(2),
    weight: fc.oneof(fc.nat(20), fc.nat(65_535)),
  });
  const addresses = fc
    .tuple(...targets.map(() => fc.uniqueArray(address, { maxLength: 3 })))
    .map((lists) => new Map(targets.map((target, at) => [target, lists[at]])));
  const records = fc.array(record, { maxLength: 8 });

  test('are one for each place, with weights from 1 to 256, in whatever order the records come', () => {
    fc.assert(
      fc.property(records, addresses, fc.infiniteStream(fraction), (list, known, order) => {
        const endpoints = srvEndpoints(list, known);
        const places = endpoints.map((one) => `${one.hostname}:${one.port}`);
        expect(new Set(places).size).toBe(places.length);
        const expected = list.flatMap((one) => (known.get(one.target) ?? []).map((host) => `${host}:${one.port}`));
        expect(places.toSorted()).toEqual([...new Set(expected)].toSorted());
        expect(endpoints.every(({ weight }) => Number.isInteger(weight) && weight >= 1 && weight <= 256)).toBe(true);
        const shuffled = list.map((one) => ({ one, at: order.next().value ?? 0 })).toSorted((a, b) => a.at - b.at);
        expect(
          isSameSet(
            endpoints,
            srvEndpoints(
              shuffled.map(({ one }) => one),
              known,
            ),
          ),
        ).toBe(true);
      }),
    );
  });

  test('share the traffic as the records do', () => {
    const weighed = fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weighed, (weights) => {
        const list = weights.map((weight, at): SrvRecord => ({ target: `${at}`, port: 80, priority: 0, weight }));
        const known = new Map(weights.map((_, at) => [`${at}`, [`10.0.1.${at}`]]));
        const heaviest = Math.max(...weights);
        for (const endpoint of srvEndpoints(list, known)) {
          const weight = weights[Number(endpoint.target)];
          const exact = heaviest <= 256 ? weight : (weight * 256) / heaviest;
          expect(Math.abs(endpoint.weight - Math.max(1, exact))).toBeLessThanOrEqual(0.5);
        }
      }),
    );
  });
});
