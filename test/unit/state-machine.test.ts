import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { millis } from '../../src/core/units.ts';
import { type Evidence, type HealthState, UNKNOWN, nextProbeDelay, observe } from '../../src/health/state-machine.ts';

const THRESHOLDS = { rise: 2, fall: 3 };
const SCHEDULE = { ...THRESHOLDS, interval: millis(5000), fast_interval: millis(1000), timeout: millis(2000) };

function evidence(passed: boolean, at = 0): Evidence {
  return { kind: 'probe', passed, detail: passed ? 'status 200' : 'status 500', duration: null, at };
}

function after(results: readonly boolean[], thresholds = THRESHOLDS): HealthState {
  return results.reduce<HealthState>((state, passed, at) => observe(state, evidence(passed, at), thresholds), UNKNOWN);
}

describe('health', () => {
  test('is decided at once by the first verdict', () => {
    expect(after([true]).health).toBe('healthy');
    expect(after([false]).health).toBe('unhealthy');
  });

  test('turns after `fall` failures or `rise` successes in a row, not before', () => {
    expect(after([true, false, false]).health).toBe('healthy');
    expect(after([true, false, false, false]).health).toBe('unhealthy');
    expect(after([true, false, false, true, false, false]).health).toBe('healthy');
    expect(after([false, true]).health).toBe('unhealthy');
    expect(after([false, true, true]).health).toBe('healthy');
  });

  test('after any sequence, is what the latest run long enough says', () => {
    const thresholds = fc.record({ rise: fc.integer({ min: 1, max: 5 }), fall: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1 }), thresholds, (results, limits) => {
        let wanted = results[0] === true;
        let run = 0;
        for (const result of results.slice(1)) {
          run = result === wanted ? 0 : run + 1;
          if (run < (wanted ? limits.fall : limits.rise)) continue;
          wanted = !wanted;
          run = 0;
        }
        expect(after(results, limits).health).toBe(wanted ? 'healthy' : 'unhealthy');
      }),
    );
  });

  test('carries the evidence that decided it', () => {
    const state = after([true, false, false, false, false]);
    expect(state).toMatchObject({ health: 'unhealthy', since: 3, evidence: { detail: 'status 500', at: 3 } });
  });

  test('is probed fast while in doubt or unhealthy, and within the jitter', () => {
    const delay = (state: HealthState, random: number): number => nextProbeDelay(state, SCHEDULE, random);
    expect(delay(after([true]), 0.5)).toBe(5000);
    expect(delay(after([true, false]), 0.5)).toBe(1000);
    expect(delay(after([false]), 0.5)).toBe(1000);
    expect(delay(after([true]), 0)).toBe(4500);
    expect(delay(after([true]), 0.999)).toBeLessThanOrEqual(5500);
  });
});
