// How far ahead of its pace a tenant is.
import { describe, expect, test } from 'bun:test';
import { Cells, paceFields, slotOf } from '../../src/core/cells.ts';
import { Pace, paceOfRequests } from '../../src/core/pace.ts';
import { millis } from '../../src/core/units.ts';

function pacesOf(memory = new Int32Array(16)): readonly [Pace, Pace] {
  const cells = (): Cells<'pace'> => new Cells(paceFields, memory);
  const seated = { place: slotOf(1) };
  return [new Pace(cells(), seated, paceOfRequests), new Pace(cells(), seated, paceOfRequests)];
}

function countTaken(paces: readonly Pace[], cost: number, times: readonly number[]): number {
  return times.filter((time, at) => paces[at % paces.length].take(cost, 1000, millis(time))).length;
}

const HOUR = 3_600_000;

describe('a pace', () => {
  test('lets through what fits in its burst, and then as much as time goes by, in all processes together', () => {
    const paces = pacesOf();
    const at = (time: number): number[] => Array.from({ length: 50 }, () => time);
    expect(countTaken(paces, 100, at(5000))).toBe(10);
    expect(countTaken(paces, 100, at(5300))).toBe(3);
    expect(countTaken(paces, 100, at(60_000))).toBe(10);
  });

  test('is exact where each takes less than the resolution of its word', () => {
    const [pace] = pacesOf();
    let taken = 0;
    while (pace.take(0.001_3, 1000, millis(1))) taken++;
    expect(Math.abs(taken - 1000 / 0.001_3)).toBeLessThan(100);
  });

  test('says how far ahead it is, however much is spent at a time', () => {
    const [one, other] = pacesOf();
    expect(one.spend(2500, millis(10))).toBe(millis(2500));
    expect(other.spend(2500, millis(1010))).toBe(millis(4000));
    expect(one.ahead(millis(3010))).toBe(millis(2000));
    expect(one.ahead(millis(9000))).toBe(millis(0));
  });

  test('forgets what was long ago, wherever its word is then', () => {
    for (let hours = 0; hours < 200; hours++) {
      const [pace] = pacesOf();
      pace.spend(100_000, millis(1000));
      expect(pace.ahead(millis(1000 + 700_000 + hours * HOUR * 0.37))).toBe(millis(0));
    }
  });

  test('works before its tenant has a slot', () => {
    const pace = new Pace(new Cells(paceFields), { place: slotOf(-1) }, paceOfRequests);
    expect(countTaken([pace], 500, [0, 0, 0])).toBe(2);
  });
});
