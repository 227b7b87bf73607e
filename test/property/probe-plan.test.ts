import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Due, DueQueue } from '../../src/core/due-queue.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { type PlannedProbe, ProbePlan } from '../../src/probing/probe-plan.ts';
import { seededRandom } from '../support/balancing.ts';

class Item extends Due {
  constructor(readonly name: number) {
    super();
  }
}

test('the due queue gives the earliest first, whatever is put in, moved or taken out', () => {
  const step = fc.record({ name: fc.nat(20), due: fc.nat(1000), isRemoval: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DueQueue<Item>();
      const items = Array.from({ length: 21 }, (_, name) => new Item(name));
      const model = new Map<number, number>();
      for (const { name, due, isRemoval } of steps) {
        if (isRemoval) {
          queue.remove(items[name]);
          model.delete(name);
        } else {
          queue.set(items[name], millis(due));
          model.set(name, due);
        }
        expect(queue.size).toBe(model.size);
        expect(queue.first()?.due ?? null).toBe(model.size === 0 ? null : Math.min(...model.values()));
      }
    }),
  );
});

/** Runs a plan on a virtual clock whose probes take `duration`, and reports each start. */
function simulate(
  plan: ProbePlan,
  until: number,
  tick: number,
  probing: { interval: Millis; duration: () => number },
  started: (probe: PlannedProbe, now: number) => void,
): void {
  const running: { probe: PlannedProbe; end: number }[] = [];
  for (let now = 0; now <= until; now += tick) {
    for (let at = running.length - 1; at >= 0; at--) {
      if (running[at].end > now) continue;
      plan.finished(running[at].probe, probing.interval, millis(now));
      running[at] = running[running.length - 1];
      running.pop();
    }
    for (let probe = plan.take(millis(now)); probe !== null; probe = plan.take(millis(now))) {
      started(probe, now);
      running.push({ probe, end: now + probing.duration() });
    }
  }
}

describe('the probe plan', () => {
  test('probes at once, never two at a time for one key, never more than its bound, never long overdue', () => {
    const shape = fc.record({
      size: fc.integer({ min: 1, max: 60 }),
      maxRunning: fc.integer({ min: 1, max: 20 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(shape, ({ size, maxRunning, seed }) => {
        const random = seededRandom(seed);
        const plan = new ProbePlan({ maxRunning, random });
        for (let id = 0; id < size; id++) plan.subscribe(`probe ${id}`, id, id, millis(0));
        const starts = new Map<string, number[]>();
        simulate(plan, 30_000, 10, { interval: millis(1000), duration: () => 5 + random() * 40 }, (probe, now) => {
          expect(plan.running).toBeLessThanOrEqual(maxRunning);
          starts.set(probe.key, [...(starts.get(probe.key) ?? []), now]);
        });
        expect(starts.size).toBe(size);
        // One at a time: with 50 ms each, `size` probes take that long in line.
        const line = (size / maxRunning) * 60;
        for (const times of starts.values()) {
          expect(times[0]).toBeLessThanOrEqual(line);
          for (let at = 1; at < times.length; at++)
            expect(times[at] - times[at - 1]).toBeLessThanOrEqual(Math.max(1100, line) + line + 30);
          for (let at = 2; at < times.length; at++) expect(times[at] - times[at - 1]).toBeGreaterThanOrEqual(880);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a probe that hangs is not started again', () => {
    const plan = new ProbePlan({ maxRunning: 10, random: () => 0.5 });
    plan.subscribe('a', 1, 1, millis(0));
    expect(plan.take(millis(0))?.key).toBe('a');
    plan.hasten('a', millis(1), millis(50_000));
    expect(plan.take(millis(1e6))).toBeNull();
  });

  test('equal probes run once for all who want them, and until the last has gone', () => {
    const plan = new ProbePlan({ maxRunning: 10, random: () => 0.5 });
    for (const subscriber of [1, 2, 3]) plan.subscribe('a', 1, subscriber, millis(0));
    const probe = plan.take(millis(0));
    expect(probe?.subscribers.ids()).toEqual([1, 2, 3]);
    expect(plan.take(millis(0))).toBeNull();
    plan.unsubscribe('a', 1);
    plan.unsubscribe('a', 2);
    if (probe !== null) plan.finished(probe, millis(1000), millis(5));
    expect(plan.take(millis(2000))?.subscribers.ids()).toEqual([3]);
    plan.unsubscribe('a', 3);
    if (probe !== null) plan.finished(probe, millis(1000), millis(2005));
    expect(plan.take(millis(1e6))).toBeNull();
    expect(plan.nextDue()).toBeNull();
  });

  test('trouble on traffic brings the next probe forward, and never pushes it back', () => {
    const plan = new ProbePlan({ maxRunning: 10, random: () => 0.5 });
    plan.subscribe('a', 1, 1, millis(0));
    const probe = plan.take(millis(0));
    if (probe !== null) plan.finished(probe, millis(60_000), millis(10));
    plan.hasten('a', millis(1000), millis(20));
    expect(plan.nextDue()).toBe(millis(1020));
    plan.hasten('a', millis(5000), millis(30));
    expect(plan.nextDue()).toBe(millis(1020));
  });

  test('ten thousand backends at 5 s: after the first round no 10 ms see three times the average', () => {
    const random = seededRandom(3);
    const plan = new ProbePlan({ maxRunning: 4096, random });
    for (let id = 0; id < 10_000; id++) plan.subscribe(`probe ${id}`, id, id, millis(0));
    const perTick = new Map<number, number>();
    simulate(plan, 120_000, 10, { interval: millis(5000), duration: () => 2 + random() * 20 }, (_, now) =>
      perTick.set(now, (perTick.get(now) ?? 0) + 1),
    );
    const settled = [...perTick].filter(([at]) => at >= 100).map(([, count]) => count);
    const most = Math.max(...settled);
    const average = settled.reduce((sum, count) => sum + count, 0) / settled.length;
    if (process.env['VERBOSE'] !== undefined)
      console.log(`biggest burst in 10 ms: ${most}, average ${average.toFixed(1)}`);
    expect(average).toBeGreaterThan(19);
    expect(most).toBeLessThan(60);
  });
});
