// Outlier ejection, for all sequences of results.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { millis, share } from '../../src/core/units.ts';
import { type OutlierCause, OutlierTracker, mayEject, outlierCauses } from '../../src/standing/outlier.ts';
import { OUTLIER_DEFAULTS } from '../support/defaults.ts';

describe('outlier ejection', () => {
  test('five failures in a row eject, four and a success do not', () => {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    for (let at = 0; at < 4; at++) expect(tracker.failed('reset', millis(at))).toBeNull();
    tracker.succeeded(1, millis(5));
    for (let at = 0; at < 4; at++) expect(tracker.failed('reset', millis(10 + at))).toBeNull();
    expect(tracker.failed('reset', millis(20))).toMatchObject({ rule: 'consecutive', failures: 5 });
  });

  test('other settings hold from then on, and what was counted in a row goes on', () => {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    expect(tracker.failed('reset', millis(1))).toBeNull();
    tracker.reconfigure({ ...OUTLIER_DEFAULTS, consecutive: 2, min_requests: 3, window: millis(1000) });
    expect(tracker.failed('reset', millis(2))).toMatchObject({ rule: 'consecutive', failures: 2 });
    tracker.reconfigure({ ...OUTLIER_DEFAULTS, base_time: millis(500) });
    expect(tracker.eject({ rule: 'trial', cause: 'reset' }, millis(3)).until).toBe(millis(503));
  });

  test('the share is that of the window or of the last twenty, for any traffic', () => {
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
            tracker.succeeded(1, millis(now));
            continue;
          }
          const reason = tracker.failed('timeout', millis(now));
          const recent = seen.filter((one) => Math.floor(one.at / 1000) > Math.floor(now / 1000) - 10);
          const isMuch = (some: typeof seen): boolean =>
            some.length >= 20 && some.filter((one) => one.isBad).length * 2 >= some.length;
          const latest = seen.slice(-20).filter((one) => one.at >= now - 10_000);
          expect(reason !== null).toBe(isMuch(recent) || isMuch(latest));
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

  // An ejection at 1000 for five bad results; the time that a failed probe ended, and that one began which passed.
  function isOver(cause: OutlierCause, probes: { failed?: number; passed: number }): boolean {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    for (let at = 0; at < 5; at++) {
      const reason = tracker.failed(cause, millis(1000));
      if (reason !== null) tracker.eject(reason, millis(1000));
    }
    if (probes.failed !== undefined) tracker.probeFailed(millis(probes.failed));
    const hasEnded = tracker.probePassed(millis(probes.passed), millis(3000));
    expect(tracker.ejected(millis(3000)) === null).toBe(hasEnded);
    return hasEnded;
  }

  test.each(outlierCauses)('for %s ends with a probe that contradicts it', (cause) => {
    const isContradicted = cause === 'connect' || cause === 'reset';
    expect(isOver(cause, { passed: 2000 })).toBe(isContradicted);
    expect(isOver(cause, { failed: 1500, passed: 2000 })).toBe(true);
    expect(isOver(cause, { failed: 500, passed: 2000 })).toBe(isContradicted);
    expect(isOver(cause, { failed: 1500, passed: 900 })).toBe(false);
  });

  test('after its time one result decides', () => {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    tracker.isOnTrial = true;
    expect(tracker.failed('5xx', millis(0))).toEqual({ rule: 'trial', cause: '5xx' });
    tracker.eject({ rule: 'trial', cause: '5xx' }, millis(0));
    expect(tracker.isOnTrial).toBe(false);
    tracker.isOnTrial = true;
    expect(tracker.succeeded(1, millis(20_000))).toBe(true);
    expect(tracker.failed('5xx', millis(20_001))).toBeNull();
  });

  test('is not delayed by the good results of busier times', () => {
    const tracker = new OutlierTracker(OUTLIER_DEFAULTS);
    for (let at = 0; at < 10_000; at++) tracker.succeeded(1, millis(at / 10));
    let bad = 0;
    for (let ejected = false; !ejected && bad < 100; bad++) {
      tracker.succeeded(1, millis(1001));
      ejected = tracker.failed('5xx', millis(1001)) !== null;
    }
    expect(bad).toBe(10);
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
        while (mayEject({ size, ejected, eligible, troubled: 0 }, share(maxShare))) {
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
    while (mayEject({ size, ejected, eligible: size - ejected, troubled: 0 }, share(0.5))) ejected++;
    expect(ejected).toBe(most);
  });

  test.each([
    [2, 0, true],
    [2, 1, false],
    [3, 1, true],
    [3, 2, false],
    [5, 2, true],
    [5, 3, false],
  ])('of %p, %p others in the same trouble: %p', (size, troubled, expected) => {
    expect(mayEject({ size, ejected: 0, eligible: size, troubled }, share(0.5))).toBe(expected);
  });
});
