// Outlier ejection, for all sequences of results.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { millis, share } from '../../src/core/units.ts';
import { type OutlierCause, OutlierTracker, mayEject, outlierCauses } from '../../src/health/outlier.ts';
import { OUTLIER_DEFAULTS } from '../support/defaults.ts';

describe('outlier ejection', () => {
  test('five failures in a row eject, four and a success do not', () => {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    for (let at = 0; at < 4; at++) expect(tracker.failed('reset', millis(at))).toBeNull();
    tracker.succeeded(millis(5));
    for (let at = 0; at < 4; at++) expect(tracker.failed('reset', millis(10 + at))).toBeNull();
    expect(tracker.failed('reset', millis(20))).toMatchObject({ rule: 'consecutive', failures: 5 });
  });

  test('the share is that of the window, for any traffic', () => {
    const traffic = fc.array(fc.record({ isBad: fc.boolean(), gap: fc.nat(900) }), { maxLength: 150 });
    fc.assert(
      fc.property(traffic, (results) => {
        const tracker = new OutlierTracker({ ...OUTLIER_DEFAULTS, consecutive: Number.POSITIVE_INFINITY });
        const seen: { at: number; isBad: boolean }[] = [];
        let now = 0;
        for (const { isBad, gap } of results) {
          now += gap;
          seen.push({ at: now, isBad });
          if (!isBad) {
            tracker.succeeded(millis(now));
            continue;
          }
          const reason = tracker.failed('timeout', millis(now));
          const recent = seen.filter((one) => Math.floor(one.at / 1000) > Math.floor(now / 1000) - 10);
          const bad = recent.filter((one) => one.isBad).length;
          expect(reason !== null).toBe(recent.length >= 20 && bad * 2 >= recent.length);
        }
      }),
    );
  });

  test('counts only the causes that are configured', () => {
    const tracker = new OutlierTracker({ ...OUTLIER_DEFAULTS, on: new Set<OutlierCause>(['connect']) });
    for (let at = 0; at < 50; at++) expect(tracker.failed('5xx', millis(at))).toBeNull();
    for (let at = 0; at < 4; at++) tracker.failed('connect', millis(100));
    expect(tracker.failed('connect', millis(100))).not.toBeNull();
  });

  test('lasts longer each time, up to the maximum, and forgets after quiet time', () => {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    const reason = { rule: 'consecutive', failures: 5, cause: 'reset' } as const;
    let now = 0;
    for (let count = 1; count <= 40; count++) {
      const ejection = tracker.eject(reason, millis(now));
      expect(ejection.until - now).toBe(Math.min(300_000, 10_000 * count));
      expect(tracker.ejected(millis(ejection.until - 1))).toBe(ejection);
      expect(tracker.ejected(ejection.until)).toBeNull();
      now = ejection.until;
    }
    expect(tracker.eject(reason, millis(now + 60_000 * 38)).count).toBe(3);
  });

  test('a probe that began afterwards readmits, unless the answers were what was bad', () => {
    const isOver = (cause: OutlierCause, probeStart: number): boolean => {
      const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
      for (let at = 0; at < 5; at++) {
        const reason = tracker.failed(cause, millis(1000));
        if (reason !== null) tracker.eject(reason, millis(1000));
      }
      const ended = tracker.probePassed(millis(probeStart), millis(3000));
      expect(tracker.ejected(millis(3000)) === null).toBe(ended);
      return ended;
    };
    for (const cause of outlierCauses) expect(isOver(cause, 2000)).toBe(cause !== '5xx' && cause !== 'malformed');
    expect(isOver('reset', 500)).toBe(false);
  });

  test('results from before the ejection that come home late change nothing', () => {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    tracker.eject({ rule: 'consecutive', failures: 5, cause: '5xx' }, millis(0));
    for (let at = 1; at < 50; at++) expect(tracker.failed('5xx', millis(at))).toBeNull();
    expect(tracker.failed('5xx', millis(10_001))).toBeNull();
  });

  test('never takes the last eligible backend nor more than the share, for any order of events', () => {
    const pool = fc.record({
      size: fc.integer({ min: 1, max: 30 }),
      maxShare: fc.double({ min: 0, max: 1, noNaN: true }),
      down: fc.nat(30),
    });
    fc.assert(
      fc.property(pool, ({ size, maxShare, down }) => {
        let eligible = Math.max(0, size - down);
        let ejected = 0;
        while (mayEject({ size, ejected, eligible }, share(maxShare))) {
          ejected++;
          eligible--;
        }
        expect(eligible >= 1 || size - down <= 0).toBe(true);
        expect(ejected).toBeLessThanOrEqual(Math.max(1, Math.floor(size * maxShare)));
      }),
    );
  });

  test.each([
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 2],
    [10, 5],
  ])('of %p backends at most %p may go', (size, most) => {
    let ejected = 0;
    while (mayEject({ size, ejected, eligible: size - ejected }, share(0.5))) ejected++;
    expect(ejected).toBe(most);
  });
});
