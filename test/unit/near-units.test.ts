// What a quantity most likely stands for that is written as elsewhere.
import { expect, test } from 'bun:test';
import { nearestDuration, nearestShare, nearestSize } from '../../src/core/near-units.ts';
import { parseDuration, parseShare, parseSize } from '../../src/core/units.ts';

test.each([
  ['5sec', '5s'],
  ['5 Minutes', '5m'],
  ['1.5hours', '1.5h'],
  ['300msec', '300ms'],
  ['1w', '7d'],
])('the duration %s is %s', (typed, meant) => {
  expect(nearestDuration(typed)).toBe(meant);
  expect(parseDuration(meant)).not.toBeNull();
});

test.each([
  ['10m', '10MiB'],
  ['32k', '32KiB'],
  ['10 megabytes', '10MB'],
  ['1gib', '1GiB'],
])('the size %s is %s', (typed, meant) => {
  expect(nearestSize(typed)).toBe(meant);
  expect(parseSize(meant)).not.toBeNull();
});

test.each([
  ['20', '20%'],
  ['20 percent', '20%'],
])('the share %s is %s', (typed, meant) => {
  expect(nearestShare(typed)).toBe(meant);
  expect(parseShare(meant)).not.toBeNull();
});

test('nothing is made up', () => {
  for (const typed of ['', 'soon', '5 apples', '5s', '-5sec', '1e3sec']) expect(nearestDuration(typed)).toBeNull();
  for (const typed of ['', 'big', '10MB', '10 MBit']) expect(nearestSize(typed)).toBeNull();
  for (const typed of ['', '120', '-5', 'half']) expect(nearestShare(typed)).toBeNull();
});
