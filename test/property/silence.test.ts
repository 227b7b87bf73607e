import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Millis, millis } from '../../src/core/units.ts';
import { LEAST_SILENCE, decidingTimeout, isSuspect, usualProbeTime } from '../../src/standing/silence.ts';

const time = fc.integer({ min: 0, max: 120_000 }).map(millis);
const usual = fc.option(time, { nil: null });
const facts = fc.record({ silent: time, usual, suspicions: fc.nat(20), hasOther: fc.boolean() });

describe('a silence is suspect', () => {
  test('only if it is long, for the backend too, and another backend serves', () => {
    fc.assert(
      fc.property(facts, (given) => {
        if (!isSuspect(given)) return;
        expect(given.hasOther).toBe(true);
        expect(given.silent).toBeGreaterThanOrEqual(Math.max(LEAST_SILENCE, 4 * (given.usual ?? 0)));
      }),
    );
  });

  test('the more, the longer it lasts; the less, the slower the backend is and the oftener that was an error', () => {
    fc.assert(
      fc.property(facts, time, time, fc.nat(20), (given, longer, slower, oftener) => {
        const more = { ...given, silent: millis(given.silent + longer) };
        const less = { ...given, usual: millis((given.usual ?? 0) + slower), suspicions: given.suspicions + oftener };
        if (isSuspect(given)) expect(isSuspect(more)).toBe(true);
        else expect(isSuspect(less)).toBe(false);
      }),
    );
  });

  test('at the latest after some minutes, however slow the backend is known to be', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const silent = millis(64 * Math.max(LEAST_SILENCE, 4 * (given.usual ?? 0)));
        expect(isSuspect({ ...given, silent, hasOther: true })).toBe(true);
      }),
    );
  });
});

test('the probe that decides has more than the usual time, and never more than its check allows', () => {
  fc.assert(
    fc.property(usual, time, (probeTime, timeout) => {
      const allowed = decidingTimeout(probeTime, timeout);
      expect(allowed).toBeLessThanOrEqual(timeout);
      expect(allowed).toBeGreaterThanOrEqual(Math.min(timeout, Math.max(300, 5 * (probeTime ?? 0))));
    }),
  );
});

test('the usual time of probes lies between what it was and the latest', () => {
  fc.assert(
    fc.property(fc.array(time, { minLength: 1 }), (durations) => {
      let before: Millis | null = null;
      for (const duration of durations) {
        const next: Millis = usualProbeTime(before, duration);
        expect(next).toBeGreaterThanOrEqual(Math.min(before ?? duration, duration) - 1e-9);
        expect(next).toBeLessThanOrEqual(Math.max(before ?? duration, duration) + 1e-9);
        before = next;
      }
    }),
  );
});
