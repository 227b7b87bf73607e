// The deciders of health, for all sequences of evidence.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { millis, share } from '../../src/core/units.ts';
import type { Schedule } from '../../src/probing/contract.ts';
import {
  type EligibilityFacts,
  type Ineligibility,
  describeIneligibility,
  ineligibility,
} from '../../src/standing/eligibility.ts';
import { nextRampStep, rampedWeight } from '../../src/standing/slow-start.ts';
import { earlyInterval, probeInterval, withJitter } from '../../src/probing/intervals.ts';
import { type Evidence, type HealthState, UNKNOWN, observe, observeServed } from '../../src/standing/state-machine.ts';
import { Timeline, printableLine } from '../../src/standing/timeline.ts';
import { SLOW_START } from '../support/defaults.ts';

const schedule: Schedule = {
  interval: millis(5000),
  timeout: millis(2000),
  fast_interval: millis(1000),
  down_interval: null,
  rise: 2,
  fall: 3,
};

function evidence(kind: 'probe' | 'traffic', passed: boolean, at = 0): Evidence {
  return { kind, passed, detail: passed ? 'status 200' : 'refused', duration: null, at };
}

const passed = evidence('probe', true);
const failed = evidence('probe', false);
const refused = evidence('traffic', false);

function after(...steps: readonly (Evidence | 'served')[]): HealthState {
  return steps.reduce<HealthState>(
    (state, step) => (step === 'served' ? observeServed(state) : observe(state, step, schedule)),
    UNKNOWN,
  );
}

describe('the state machine', () => {
  test.each([
    ['the first pass decides', [passed], 'healthy'],
    ['the first failure decides', [failed], 'unhealthy'],
    ['a refused request decides, too', [refused], 'unhealthy'],
    ['a served request decides nothing', ['served'], 'unknown'],
    ['two failures of three are not enough', [passed, failed, failed], 'healthy'],
    ['three in a row are', [passed, failed, failed, failed], 'unhealthy'],
    ['a pass between begins anew', [passed, failed, failed, passed, failed, failed], 'healthy'],
    ['refused requests count like probes', [passed, failed, refused, refused], 'unhealthy'],
    ['a served request takes back refused ones', [passed, refused, refused, 'served', refused, refused], 'healthy'],
    ['and never a failed probe', [passed, failed, failed, 'served', failed], 'unhealthy'],
    ['one pass is not enough to return', [failed, passed], 'unhealthy'],
    ['two in a row are', [failed, passed, passed], 'healthy'],
    ['a refused request breaks the run of passes', [failed, passed, refused, passed], 'unhealthy'],
    ['a served request is no passed probe', [failed, passed, 'served', 'served'], 'unhealthy'],
  ] as const)('%s', (_name, steps, health) => {
    expect(after(...steps).health).toBe(health);
  });

  test('never flips without a full run of contradictions since the last flip', () => {
    const step = fc.constantFrom<Evidence | 'served'>(passed, failed, refused, 'served');
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        (steps, rise, fall) => {
          let state: HealthState = UNKNOWN;
          let run = 0;
          for (const one of steps) {
            const before = state;
            state = one === 'served' ? observeServed(state) : observe(state, one, { rise, fall });
            if (one === 'served') {
              expect(state.health).toBe(before.health);
              if (state.health === 'healthy') run = state.contradictions;
              continue;
            }
            run = one.passed === (before.health === 'unhealthy') ? run + 1 : 0;
            const needed = before.health === 'unknown' ? 0 : before.health === 'healthy' ? fall : rise;
            expect(state.health !== before.health).toBe(before.health === 'unknown' || run >= needed);
            if (state.health !== before.health) run = 0;
          }
        },
      ),
    );
  });

  test('costs no allocation for a served request when nothing is to be taken back', () => {
    const state = after(passed);
    expect(observeServed(state)).toBe(state);
    expect(observe(state, passed, schedule)).toBe(state);
  });

  test('probes soon while in doubt or down, and in its own rhythm where one is set', () => {
    expect(probeInterval(after(passed), schedule)).toBe(millis(5000));
    expect(probeInterval(after(passed, failed), schedule)).toBe(millis(1000));
    expect(probeInterval(after(failed), schedule)).toBe(millis(1000));
    expect(probeInterval(after(failed), { ...schedule, down_interval: millis(30_000) })).toBe(millis(30_000));
    expect(probeInterval(after(failed, passed), { ...schedule, down_interval: millis(30_000) })).toBe(millis(1000));
    expect(probeInterval(after(failed), { ...schedule, interval: millis(500) })).toBe(millis(500));
  });

  test('asks often at first when a backend has just gone down, and never more often than is good', () => {
    for (const [elapsed, wanted] of [
      [0, 100],
      [100, 100],
      [600, 300],
      [3000, 1500],
    ] as const)
      expect([elapsed, earlyInterval(millis(elapsed))]).toEqual([elapsed, millis(wanted)]);
  });

  test('jitters by ten per cent to both sides', () => {
    expect(withJitter(millis(1000), 0)).toBe(millis(900));
    expect(withJitter(millis(1000), 0.5)).toBe(millis(1000));
    expect(withJitter(millis(1000), 0.999)).toBeLessThan(1100);
  });
});

describe('slow start', () => {
  test('rises from its least share to the whole, and never falls', () => {
    const settings = fc.record({
      time: fc.integer({ min: 1, max: 100_000 }).map(millis),
      min_share: fc.double({ min: 0.01, max: 1, noNaN: true }).map(share),
    });
    fc.assert(
      fc.property(settings, fc.array(fc.nat(120_000)), (given, times) => {
        let before = 0;
        for (const now of times.toSorted((left, right) => left - right)) {
          const weight = rampedWeight(4, millis(0), millis(now), given);
          expect(weight).toBeGreaterThanOrEqual(Math.max(before, 4 * given.min_share));
          expect(weight).toBeLessThanOrEqual(4);
          if (now >= given.time) expect(weight).toBe(4);
          before = weight;
        }
      }),
    );
  });

  test('has no effect on a backend that was never away', () => {
    expect(rampedWeight(3, null, millis(1), SLOW_START)).toBe(3);
    expect(nextRampStep(null, millis(1), SLOW_START)).toBeNull();
  });

  test('tells of each of its steps once, and then of no more, whenever it begins and however long it takes', () => {
    const start = fc.double({ min: 0, max: 1e9, noNaN: true }).map(millis);
    fc.assert(
      fc.property(start, fc.double({ min: 20, max: 1e6, noNaN: true }).map(millis), (returnedAt, time) => {
        const settings = { ...SLOW_START, time };
        let now = returnedAt;
        let steps = 0;
        for (
          let next = nextRampStep(returnedAt, now, settings);
          next !== null && steps < 100;
          next = nextRampStep(returnedAt, now, settings)
        ) {
          expect(next).toBeGreaterThan(now);
          now = next;
          steps++;
        }
        expect(steps).toBeGreaterThanOrEqual(20);
        expect(steps).toBeLessThanOrEqual(21);
        expect(rampedWeight(1, returnedAt, millis(now + 1e-3), settings)).toBe(1);
      }),
    );
  });
});

describe('eligibility', () => {
  const open: EligibilityFacts = {
    admission: { state: 'open' },
    nameProblem: null,
    withdrawal: null,
    health: after(passed),
    ejection: null,
    left: 0,
  };
  const ejection = {
    since: millis(0),
    until: millis(9000),
    count: 2,
    reason: { rule: 'consecutive', failures: 5, cause: 'reset' },
  } as const;
  const moment = { now: millis(5000), wall: 65_000 };

  test.each<[Partial<EligibilityFacts>, Ineligibility['reason'] | null]>([
    [{}, null],
    [{ health: null }, null],
    [{ health: UNKNOWN }, 'unknown'],
    [{ left: 10 }, null],
    [{ ejection, left: 10 }, 'ejected'],
    [{ health: after(failed), ejection }, 'unhealthy'],
    [{ withdrawal: 'its weight is 0', ejection }, 'withdrawn'],
    [{ withdrawal: 'its weight is 0', health: after(failed) }, 'unhealthy'],
    [{ admission: { state: 'draining', since: 0, until: 6000 }, health: after(failed) }, 'draining'],
    [{ admission: { state: 'disabled', since: 5000 }, ejection }, 'disabled'],
  ])('of %j is %p', (facts, reason) => {
    expect(ineligibility({ ...open, ...facts })?.reason ?? null).toBe(reason);
  });

  test.each<[Partial<EligibilityFacts>, string]>([
    [{ health: after(failed) }, 'unhealthy for 65s: health check: refused, 65s ago'],
    [{ ejection }, 'ejected for 4s more: 5 bad results in a row, the latest: reset; ejection number 2'],
    [{ withdrawal: 'its weight is 0' }, 'no new requests: its weight is 0'],
    [{ admission: { state: 'disabled', since: 5000 } }, 'disabled by an operator 60s ago'],
    [
      { admission: { state: 'draining', since: 0, until: 65_400 }, left: 2 },
      'draining: 2 requests left, 400ms for them',
    ],
    [{ admission: { state: 'draining', since: 0, until: null } }, 'draining: 0 requests left'],
    [{ health: UNKNOWN }, 'not probed yet'],
  ])('says of %j: %s', (facts, line) => {
    const why = ineligibility({ ...open, ...facts });
    expect(why === null ? '' : describeIneligibility(why, moment)).toBe(line);
  });
});

function badProbe(at: number) {
  return { at, passed: false, status: 503, detail: 'status 503', duration: millis(3), excerpt: 'down' };
}

describe('the timeline', () => {
  test('keeps the latest and forgets the oldest', () => {
    const timeline = new Timeline();
    for (let at = 0; at < 200; at++) {
      timeline.changed({ at, kind: 'unhealthy', detail: 'status 503' });
      timeline.probed(badProbe(at), 'http');
    }
    expect(timeline.changes().map((change) => change.at)).toEqual(Array.from({ length: 50 }, (_, at) => 150 + at));
    expect(timeline.probes().length).toBe(24);
  });

  test('tells of each backend what a probe saw that was for several, and what kind it was of', () => {
    const [one, other, another] = [new Timeline(), new Timeline(), new Timeline()];
    const probe = badProbe(1);
    one.probed(probe, 'http');
    other.probed(probe, 'http');
    another.probed(probe, 'grpc');
    expect([...one.probes(), ...other.probes(), ...another.probes()]).toEqual([
      { ...probe, kind: 'http' },
      { ...probe, kind: 'http' },
      { ...probe, kind: 'grpc' },
    ]);
  });

  test('keeps of probes what a list of their latest would keep, whatever they see', () => {
    const seen = fc.record({
      at: fc.nat(),
      passed: fc.boolean(),
      status: fc.constantFrom(null, 200),
      detail: fc.constantFrom('a', 'b'),
      duration: fc.nat().map(millis),
      excerpt: fc.constantFrom(null, 'x'),
    });
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 80 }), (probes) => {
        const timeline = new Timeline();
        for (const probe of probes) timeline.probed(probe, 'http');
        expect(timeline.probes()).toEqual(probes.slice(-24).map((probe) => ({ ...probe, kind: 'http' })));
      }),
    );
  });

  test('shows of a body one short line that can do no harm to a terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (body) => {
        const line = printableLine(body);
        expect(line.length).toBeLessThanOrEqual(200);
        expect(line).not.toMatch(/\p{Cc}/u);
      }),
    );
    expect(printableLine('a\u001b[31mb\r\n\tc')).toBe('a [31mb c');
  });
});
