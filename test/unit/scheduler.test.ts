// When probes are run, on a clock of the test.
import { describe, expect, test } from 'bun:test';
import type { Connector } from '../../src/core/connector.ts';
import { millis } from '../../src/core/units.ts';
import { failedProbe } from '../../src/probing/probe-result.ts';
import { HealthScheduler, type Probed } from '../../src/probing/scheduler.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('a probe that everybody left while it ran', () => {
  test('is run again for those who have come meanwhile', async () => {
    const clock = new VirtualClock();
    const connect: Connector = () => ({ write: () => undefined, destroy: () => undefined });
    const none = (): Promise<never> => Promise.reject(new Error('none'));
    const scheduler = new HealthScheduler(clock, () => 0.5, {
      connect,
      run: none,
      call: none,
      reportShortage: () => undefined,
    });
    let asked = 0;
    const probed = (id: number): Probed => ({
      id,
      schedule: {
        interval: millis(1000),
        timeout: millis(500),
        fast_interval: millis(1000),
        down_interval: null,
        rise: 1,
        fall: 1,
      },
      probeKey: 'one',
      state: { health: 'unknown' },
      downSince: null,
      probe: async ({ signal }) => {
        asked++;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return failedProbe('none');
      },
      report: () => undefined,
      answer: () => undefined,
    });
    const [before, after] = [probed(1), probed(2)];
    scheduler.add(before);
    await clock.advance(10);
    scheduler.remove(before);
    scheduler.add(after);
    await clock.advance(100);
    expect(asked).toBe(2);
  });
});
