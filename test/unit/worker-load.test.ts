import { describe, expect, test } from 'bun:test';
import { WorkerLoad } from '../../src/observe/metrics/worker-load.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('what processes have used lately', () => {
  test('is a share of one core, over the last seconds, of each that has been there for so long', async () => {
    const clock = new VirtualClock();
    const workers = [{ number: 0, pid: 7, processorTime: 0, memory: 1, delay: 0, descriptors: 3 }];
    const load = new WorkerLoad(clock, () => workers);
    load.begin();
    expect(load.now[0]?.cpuShare).toBeNull();
    for (let second = 0; second < 20; second++) {
      await clock.advance(1000);
      workers[0] = { ...workers[0], processorTime: workers[0].processorTime + (second < 10 ? 1 : 0.25) };
    }
    workers.push({ ...workers[0], number: 1, pid: 8 });
    expect(load.now.map(({ pid, cpuShare }) => [pid, cpuShare])).toEqual([
      [7, expect.closeTo(0.3125, 2)],
      [8, null],
    ]);
  });
});
