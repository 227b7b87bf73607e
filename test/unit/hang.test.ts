import { describe, expect, test } from 'bun:test';
import { slotOf } from '../../src/core/cells.ts';
import { crumbOf, readCrumb } from '../../src/core/crumb.ts';
import { millis } from '../../src/core/units.ts';
import { describeHang, seeProcess } from '../../src/supervise/hang.ts';

describe('what a process does that hangs', () => {
  test('is told with its share of a core since its silence was noticed', () => {
    const before = { at: millis(1000), cpu: millis(500) };
    const busy = { state: 'R', cpu: millis(5250), waitsIn: '' };
    expect(describeHang(busy, millis(6000), before, 'asking the policy slow of tenant shop')).toBe(
      'asking the policy slow of tenant shop, it computes, 95% of a core in the last 5s',
    );
    const still = { state: 'D', cpu: millis(500), waitsIn: 'io_schedule' };
    expect(describeHang(still, millis(6000), before, null)).toBe(
      'it waits for a device, 0% of a core in the last 5s, waits in io_schedule',
    );
    expect(describeHang(busy, millis(6000), null, null)).toBe('it computes, 5.25s of CPU used since its start');
    expect(describeHang({ ...busy, cpu: null, state: 'X' }, millis(0), null, null)).toBe('state X, CPU use unknown');
  });

  test.if(process.platform === 'linux')('can be seen from outside', () => {
    const { state, cpu } = seeProcess(process.pid);
    expect(['R', 'S']).toContain(state);
    expect(cpu).toBeGreaterThan(0);
    expect(seeProcess(2 ** 22 + 1).cpu).toBeNull();
  });
});

describe('the word that a process leaves', () => {
  test('names a policy of a tenant', () => {
    expect(readCrumb(crumbOf(slotOf(0), 0))).toEqual({ tenant: slotOf(0), policy: 0 });
    expect(readCrumb(crumbOf(slotOf(80_000), 7))).toEqual({ tenant: slotOf(80_000), policy: 7 });
    expect(readCrumb(crumbOf(slotOf(3), 1000))).toEqual({ tenant: slotOf(3), policy: 255 });
  });

  test('says nothing while no policy is asked, and where the tenant is not known', () => {
    expect(readCrumb(0)).toBeNull();
    expect(readCrumb(crumbOf(-1, 4))).toBeNull();
  });
});
