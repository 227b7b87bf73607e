import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { Floods } from '../../src/listen/h2/floods.ts';
import { PINGS, RESETS, WINDOW_UPDATES } from '../../src/listen/h2/limits.ts';

const SECOND = 20;

function floods(): { readonly floods: Floods; readonly wheel: { now: number; tick: ReturnType<typeof millis> } } {
  const wheel = { now: 1000, tick: millis(50) };
  return { floods: new Floods(wheel), wheel };
}

describe('frames that bring nothing on', () => {
  test('are counted by kind, and forgotten after a time', () => {
    const { floods: counts, wheel } = floods();
    expect([counts.add(PINGS), counts.add(PINGS), counts.add(RESETS)]).toEqual([1, 2, 1]);
    wheel.now += 9 * SECOND;
    expect(counts.add(PINGS)).toBe(3);
    wheel.now += 2 * SECOND;
    expect(counts.add(PINGS)).toBe(1);
  });

  test('are explained by work, before or after it', () => {
    const { floods: counts } = floods();
    counts.explain(WINDOW_UPDATES, 10, 20);
    for (let n = 0; n < 10; n++) counts.add(WINDOW_UPDATES);
    expect(counts.add(WINDOW_UPDATES)).toBe(1);
    counts.explain(WINDOW_UPDATES, 10, 20);
    expect(counts.add(WINDOW_UPDATES)).toBe(-8);
  });

  test('are explained in advance only so far', () => {
    const { floods: counts } = floods();
    for (let n = 0; n < 100; n++) counts.explain(RESETS, 1, 0);
    for (let n = 0; n < 100; n++) counts.explain(PINGS, 1, 5);
    expect([counts.add(RESETS), counts.add(PINGS)]).toEqual([1, -4]);
  });
});
