// Requests over HTTP/2 that were answered before their bodies had come.
import { expect, test } from 'bun:test';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { UnfinishedBodies } from '../../src/listen/h2/unfinished-bodies.ts';

const LINGER = millis(2000);

function scene(droppedBody: number) {
  const wheel = new TimerWheel(millis(100));
  const resets: number[] = [];
  const broken: number[] = [];
  const output = { reset: (id: number, code: number): void => void resets.push(code === 0 ? id : -id) };
  const tools = { wheel, droppedBody, timeouts: { linger: LINGER } };
  const bodies = new UnfinishedBodies(output, tools, (id) => void broken.push(id));
  return { bodies, resets, broken, wheel };
}

test('what comes of one is thrown away to its end, and it is not reset', () => {
  const { bodies, resets } = scene(1000);
  bodies.add(1);
  expect([bodies.take(1, 600, false), bodies.take(1, 300, true), bodies.take(1, 1, false)]).toEqual([
    true,
    true,
    false,
  ]);
  bodies.add(3);
  expect([bodies.end(3), bodies.end(3)]).toEqual([true, false]);
  expect(resets).toEqual([]);
});

test('one that has more than is thrown away is reset, without an error', () => {
  const { bodies, resets, broken } = scene(1000);
  bodies.add(1);
  expect([bodies.take(1, 600, false), bodies.take(1, 600, false), bodies.take(1, 1, false)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([resets, broken]).toEqual([[1], [1]]);
});

test('none is waited for longer than for the end of a connection', () => {
  const { bodies, resets, wheel } = scene(1000);
  bodies.add(1);
  bodies.add(3);
  bodies.end(1);
  for (let tick = 0; tick < 10; tick++) wheel.advance();
  expect(resets).toEqual([]);
  for (let tick = 0; tick < 15; tick++) wheel.advance();
  expect(resets).toEqual([3]);
  bodies.clear();
});

test('nothing is thrown away where that is not wanted, and of so many at a time only', () => {
  const none = scene(0);
  none.bodies.add(1);
  expect(none.resets).toEqual([1]);
  const many = scene(1000);
  for (let id = 1; id <= 2 * 130; id += 2) many.bodies.add(id);
  expect(many.resets).toEqual([257, 259]);
});
