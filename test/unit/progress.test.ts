// Whether a process that starts does something.
import { expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { Progress } from '../../src/supervise/progress.ts';

function looks(...seen: readonly (readonly [state: string, cpu: number | null])[]): readonly number[] {
  const progress = new Progress();
  return seen.map(([state, cpu]) => progress.look({ state, cpu: cpu === null ? null : millis(cpu), waitsIn: '' }));
}

test('a process that is stopped or sleeps without using a core does nothing', () => {
  expect(looks(['T', 50], ['T', 50], ['S', 50], ['S', 50])).toEqual([0, 1, 2, 3]);
});

test('one that has computed meanwhile does something, and is looked at anew', () => {
  expect(looks(['S', 50], ['S', 50], ['S', 60], ['S', 60])).toEqual([0, 1, 0, 1]);
});

test('so does one that waits for a core or for a disk', () => {
  expect(looks(['S', 50], ['R', 50], ['D', 50], ['S', 50])).toEqual([0, 0, 0, 1]);
});

test('of one that the system tells nothing of nobody can say that', () => {
  expect(looks(['?', null], ['?', null], ['?', null])).toEqual([0, 0, 0]);
});
