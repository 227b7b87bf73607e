import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { Replacements } from '../../src/supervise/replacements.ts';

const PATIENCE = { maxDeaths: 3, maxPause: millis(30_000) };

function pauses(times: readonly number[]): readonly number[] {
  const replacements = new Replacements();
  return times.map((at) => replacements.died(millis(at), PATIENCE));
}

describe('processes that end', () => {
  test('now and then are replaced at once', () => {
    expect(pauses([0, 4000, 8000, 12_000, 16_000, 20_000])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('again and again wait twice as long each time, up to a bound, however long the waits have been', () => {
    let now = 0;
    const replacements = new Replacements();
    const seen: number[] = [];
    for (let death = 0; death < 10; death++) {
      const pause = replacements.died(millis(now), PATIENCE);
      seen.push(pause);
      now += pause + 300;
    }
    expect(seen).toEqual([0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test('are replaced at once again when one has lasted', () => {
    expect(pauses([0, 0, 0, 0, 11_500, 22_000])).toEqual([0, 0, 0, 1000, 0, 0]);
    expect(pauses([0, 0, 0, 0, 2000, 13_000])).toEqual([0, 0, 0, 1000, 2000, 4000]);
  });
});
