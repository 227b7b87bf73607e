// Places that several processes give out together, and those who wait for one.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayCells } from '../../src/core/gateway-cells.ts';
import { PlaceLines, type Stay } from '../../src/core/place-lines.ts';
import { millis } from '../../src/core/units.ts';
import { ROOM, sharedProcesses } from '../support/shared-cells.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';

const PROCESSES = 3;
const WAIT = millis(1000);

const step = fc.record({
  place: fc.nat(PROCESSES - 1),
  key: fc.constantFrom('a', 'b'),
  what: fc.constantFrom('comes' as const, 'comes' as const, 'comes' as const, 'goes' as const, 'dies' as const),
  which: fc.nat(99),
});

function linesOf({ held }: GatewayCells, clock: VirtualClock): PlaceLines {
  return new PlaceLines({ table: held, now: clock.now, every: clock.every, random: () => 0.7 });
}

/** `count` processes of one gateway. */
function processesOf(count: number) {
  const clock = new VirtualClock();
  const { owner, processes, another } = sharedProcesses(count);
  return { clock, owner, another, lines: processes.map((cells) => linesOf(cells, clock)) };
}

/** Those that come in, in their order. */
function watch(order: string[], name: string, { isIn }: Stay): void {
  void Promise.resolve(isIn).then((yes) => order.push(yes ? name : `not ${name}`));
}

describe('places', () => {
  test('are never more than the limit, and none is lost, whoever ends', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
        const { owner, another, lines, clock } = processesOf(PROCESSES);
        const open = lines.map((): { key: string; stay: Stay }[] => []);
        const inAt = (key: string): number => open.flat().filter((one) => one.key === key).length;
        for (const { place, key, what, which } of steps) {
          const own = open[place];
          if (what === 'dies') {
            owner.takeBack(place);
            own.length = 0;
            lines[place] = linesOf(another(place), clock);
          } else if (what === 'goes') {
            const [left] = own.splice(which % Math.max(1, own.length), 1);
            left?.stay.leave();
            left?.stay.leave();
          } else {
            const before = inAt(key);
            const stay = lines[place].enter('x', key, { limit, queue: 0, wait: millis(0) });
            expect(stay.isIn).toBe(before < limit);
            if (stay.isIn === true) own.push({ key, stay });
            if (stay.isIn === true) expect(stay.free).toBe(limit - before - 1);
          }
        }
      }),
    );
  });

  test('go to those who wait in the order in which they came, also in another process', async () => {
    const { clock, lines } = processesOf(2);
    const bounds = { limit: 1, queue: 10, wait: WAIT };
    const first = lines[0].enter('x', 'a', bounds);
    const order: string[] = [];
    const stays: Stay[] = [];
    for (const [at, name] of ['one', 'two', 'three', 'four'].entries()) {
      await clock.advance(1);
      stays.push(lines[(at + 1) % 2].enter('x', 'a', bounds));
      watch(order, name, stays[at]);
    }
    first.leave();
    for (const stay of stays) {
      await clock.advance(10);
      stay.leave();
    }
    await clock.advance(10);
    expect(order).toEqual(['one', 'two', 'three', 'four']);
    expect(clock.pending).toBe(0);
  });

  test('are refused beyond the line, and after the wait', async () => {
    const { clock, lines } = processesOf(2);
    const bounds = { limit: 1, queue: 2, wait: WAIT };
    const enter = (place: number): Stay => lines[place].enter('x', 'a', bounds);
    const first = enter(0);
    const order: string[] = [];
    const waiting = [enter(0), enter(1)];
    for (const [at, stay] of waiting.entries()) watch(order, String(at), stay);
    expect([enter(0).isIn, enter(1).isIn]).toEqual([false, false]);
    await clock.advance(WAIT + 20);
    expect(order.toSorted()).toEqual(['not 0', 'not 1']);
    first.leave();
    expect([enter(1).isIn, clock.pending]).toEqual([true, 0]);
  });

  test('are not kept for who has gone from the line', async () => {
    const { clock, lines } = processesOf(1);
    const bounds = { limit: 1, queue: 2, wait: WAIT };
    const [first, second, third] = Array.from({ length: 3 }, () => lines[0].enter('x', 'a', bounds));
    const order: string[] = [];
    watch(order, 'second', second);
    watch(order, 'third', third);
    second.leave();
    first.leave();
    await settle();
    expect(order.toSorted()).toEqual(['not second', 'third']);
    third.leave();
    expect(lines[0].enter('x', 'a', bounds).isIn).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('are free for the others when a process ends that holds some, and where one waits longest', async () => {
    const clock = new VirtualClock();
    const { owner, processes } = sharedProcesses(2);
    const bounds = { limit: 1, queue: 5, wait: WAIT };
    const ended = linesOf(processes[0], new VirtualClock());
    ended.enter('x', 'a', bounds);
    ended.enter('x', 'a', bounds);
    await clock.advance(5);
    const order: string[] = [];
    watch(order, 'other', linesOf(processes[1], clock).enter('x', 'a', bounds));
    await clock.advance(100);
    expect(order).toEqual([]);
    owner.takeBack(0);
    await clock.advance(20);
    expect(order).toEqual(['other']);
  });

  test('are not kept for long for one in a process that hangs', async () => {
    const clock = new VirtualClock();
    const [one, other] = sharedProcesses(2).processes;
    const bounds = { limit: 1, queue: 5, wait: WAIT };
    const lines = linesOf(one, clock);
    const first = lines.enter('x', 'a', bounds);
    // Its time stands still.
    linesOf(other, new VirtualClock()).enter('x', 'a', bounds);
    await clock.advance(5);
    const order: string[] = [];
    watch(order, 'one', lines.enter('x', 'a', bounds));
    first.leave();
    await clock.advance(30);
    expect(order).toEqual([]);
    await clock.advance(50);
    expect(order).toEqual(['one']);
  });

  test('of more keys than there is room for are counted by each process', () => {
    const { lines } = processesOf(2);
    const bounds = { limit: 1, queue: 0, wait: millis(0) };
    const keys = Array.from({ length: 4 * ROOM.clients }, (_, at) => `key ${at}`);
    const stays = keys.map((key) => lines[0].enter('x', key, bounds));
    expect(stays.every(({ isIn }) => isIn === true)).toBe(true);
    expect(keys.filter((key) => lines[0].enter('x', key, bounds).isIn !== false)).toEqual([]);
    for (const stay of stays) stay.leave();
    expect(keys.filter((key) => lines[0].enter('x', key, bounds).isIn !== true)).toEqual([]);
  });

  test('of different owners have nothing to do with one another', () => {
    const lines = linesOf(GatewayCells.alone(), new VirtualClock());
    const bounds = { limit: 1, queue: 0, wait: millis(0) };
    const enter = (owner: string): unknown => lines.enter(owner, 'a', bounds).isIn;
    expect([enter('x'), enter('y'), enter('x')]).toEqual([true, true, false]);
  });
});
