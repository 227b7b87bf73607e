import { expect, test } from 'bun:test';
import { type Millis, millis } from '../../src/core/units.ts';
import { Replacements } from '../../src/supervise/replacements.ts';

/** How long each replacement waits whose process ends so long after it has started. */
function pausesFor(lives: readonly number[]): readonly Millis[] {
  const replacements = new Replacements();
  let now = 0;
  return lives.map((life) => {
    now += life;
    const pause = replacements.died(millis(now));
    now += pause;
    return pause;
  });
}

test('processes that end now and then are replaced at once', () => {
  expect(new Set(pausesFor(Array.from({ length: 20 }, () => 3000)))).toEqual(new Set([millis(0)]));
});

test('those that end with every start wait longer and longer, up to half a minute', () => {
  const pauses = pausesFor(Array.from({ length: 13 }, () => 100));
  expect(pauses.map(Number)).toEqual([0, 0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('one that has lived for a while begins anew', () => {
  expect(
    pausesFor([...Array.from({ length: 7 }, () => 100), 11_000])
      .map(Number)
      .at(-1),
  ).toBe(0);
});
