import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BackendCells } from '../../src/core/backend-cells.ts';
import {
  ALONE,
  Cells,
  NO_PLACE,
  type Slot,
  bytesOf,
  sectionsOf,
  slotOf,
  standingFields,
  trafficFields,
} from '../../src/core/cells.ts';
import { Columns, Lines } from '../../src/core/columns.ts';
import { GatewayCells, roomFor } from '../../src/core/gateway-cells.ts';
import { ROOM, sharedProcesses } from '../support/shared-cells.ts';

const SLOTS = 8;
const fields = Object.values(standingFields);

const step = fc.record({
  slot: fc.nat(SLOTS - 1).map(slotOf),
  field: fc.constantFrom(...fields),
  value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  action: fc.constantFrom(
    'set' as const,
    'add' as const,
    'swap' as const,
    'raise' as const,
    'lower' as const,
    'clear' as const,
    'grow' as const,
  ),
  /** Which of two views writes. */
  view: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The obvious twin: a map. */
class Model {
  private readonly words = new Map<string, number>();

  get(slot: number, field: number): number {
    return this.words.get(`${slot}/${field}`) ?? 0;
  }

  set(slot: number, field: number, value: number): void {
    this.words.set(`${slot}/${field}`, value | 0);
  }

  clear(slot: number): void {
    for (const field of fields) this.words.delete(`${slot}/${field}`);
  }
}

function apply(cells: Cells<'standing'>, model: Model, { slot, field, value, action }: Step): void {
  const before = model.get(slot, field);
  switch (action) {
    case 'set':
      model.set(slot, field, value);
      return cells.set(slot, field, value);
    case 'add':
      model.set(slot, field, before + value);
      return expect(cells.add(slot, field, value)).toBe(model.get(slot, field));
    case 'swap': {
      const expected = value % 2 === 0 ? before : value;
      if (expected === before) model.set(slot, field, value);
      return expect(cells.swap(slot, field, expected, value)).toBe(expected === before);
    }
    case 'raise':
      model.set(slot, field, before | value);
      return cells.raise(slot, field, value);
    case 'lower':
      model.set(slot, field, before & ~value);
      return cells.lower(slot, field, value);
    case 'clear':
      model.clear(slot);
      return cells.clear(slot);
    case 'grow':
      return undefined;
  }
}

function expectSame(cells: Cells<'standing'>, model: Model): void {
  for (let slot = 0; slot < SLOTS; slot++)
    for (const field of fields) expect(cells.get(slotOf(slot), field)).toBe(model.get(slot, field));
}

describe('cells', () => {
  test('two views of the same memory agree', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const memory = new SharedArrayBuffer(bytesOf(ROOM));
        const [one, other] = [sectionsOf(memory, ROOM), sectionsOf(memory, ROOM)];
        const views = [new Cells(standingFields, one.standing), new Cells(standingFields, other.standing)] as const;
        const model = new Model();
        for (const done of steps) apply(views[done.view ? 1 : 0], model, done);
        for (const view of views) expectSame(view, model);
      }),
    );
  });

  test('of private memory keep what is counted when they grow', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const cells = new Cells(standingFields);
        cells.grow(SLOTS);
        const model = new Model();
        for (const [at, one] of steps.entries()) {
          if (one.action === 'grow') cells.grow(SLOTS + at);
          apply(cells, model, one);
        }
        expectSame(cells, model);
      }),
    );
  });

  test('of shared memory do not grow', () => {
    const sections = sectionsOf(new SharedArrayBuffer(bytesOf(ROOM)), ROOM);
    const cells = new Cells(standingFields, sections.standing);
    expect(cells.slots).toBe(ROOM.backends);
    expect(() => cells.grow(ROOM.backends + 1)).toThrow('cannot grow');
    expect(() => new Lines(ALONE, sections.places).grow(ROOM.backends + 1)).toThrow('cannot grow');
    expect(() => new Columns(ALONE, trafficFields, sections.traffic).grow(ROOM.backends + 1)).toThrow('cannot grow');
  });

  test('no two sections of a memory have a word in common', () => {
    const sections = Object.values(sectionsOf(new SharedArrayBuffer(bytesOf(ROOM)), ROOM));
    for (const [at, words] of sections.entries()) words.fill(at + 1);
    for (const [at, words] of sections.entries()) expect(words.every((word) => word === at + 1)).toBe(true);
  });

  test('of another layout, or for other numbers, are refused', () => {
    const memory = new SharedArrayBuffer(bytesOf(ROOM));
    sectionsOf(memory, ROOM);
    expect(() => sectionsOf(memory, { ...ROOM, tenants: ROOM.tenants / 2 })).toThrow('cells with room for');
    new Int32Array(memory)[0] = 99;
    expect(() => sectionsOf(memory, ROOM)).toThrow('layout 99');
  });
});

function forget(open: Map<string, number>, place: number): void {
  for (const key of open.keys()) if (key.endsWith(`/${place}`)) open.delete(key);
}

describe('the numbers of several processes', () => {
  const PROCESSES = 4;
  const counted = fc.record({
    place: fc.nat(PROCESSES - 1),
    slot: fc.nat(SLOTS - 1).map(slotOf),
    what: fc.constantFrom('place' as const, 'stream' as const, 'request' as const, 'heard' as const, 'dies' as const),
    by: fc.integer({ min: 1, max: 9 }),
  });

  test('are summed exactly, and what a process had in flight ends with it, but not what it has counted', () => {
    fc.assert(
      fc.property(fc.array(counted, { maxLength: 100 }), (steps) => {
        const { owner, processes } = sharedProcesses(PROCESSES);
        for (let slot = 0; slot < SLOTS; slot++) owner.backends.take();
        const open = new Map<string, number>();
        const requests = new Map<Slot, number>();
        const heard = new Map<Slot, number>();
        for (const { place, slot, what, by } of steps) {
          const { backends } = processes[place];
          switch (what) {
            case 'place':
              backends.places.add(slot, by);
              open.set(`${slot}/${place}`, (open.get(`${slot}/${place}`) ?? 0) + by);
              break;
            case 'stream':
              backends.streams.add(slot, by);
              open.set(`${slot}/${place}`, (open.get(`${slot}/${place}`) ?? 0) + by);
              break;
            case 'request':
              backends.traffic.add(slot, trafficFields.requests, by);
              requests.set(slot, (requests.get(slot) ?? 0) + by);
              break;
            case 'heard':
              backends.traffic.set(slot, trafficFields.heardAt, Math.max(by, heard.get(slot) ?? 0));
              heard.set(slot, Math.max(by, heard.get(slot) ?? 0));
              break;
            case 'dies':
              owner.takeBack(place);
              forget(open, place);
              break;
          }
        }
        for (let slot = slotOf(0); slot < SLOTS; slot = slotOf(slot + 1)) {
          const left = [...open]
            .filter(([key]) => key.startsWith(`${slot}/`))
            .reduce((sum, [, count]) => sum + count, 0);
          for (const { backends } of [owner, ...processes]) {
            expect(backends.inFlight(slot)).toBe(left);
            expect(backends.traffic.sum(slot, trafficFields.requests)).toBe(requests.get(slot) ?? 0);
            expect(backends.traffic.latest(slot, trafficFields.heardAt)).toBe(heard.get(slot) ?? 0);
          }
        }
      }),
    );
  });

  test('who only reads writes nothing', () => {
    const { owner } = sharedProcesses(2);
    const slot = owner.backends.take();
    expect(owner.backends.place).toBe(NO_PLACE);
    expect(() => owner.backends.places.add(slot, 1)).toThrow(RangeError);
    expect(() => owner.backends.traffic.add(slot, trafficFields.requests, 1)).toThrow(RangeError);
    expect(owner.backends.inFlight(slot)).toBe(0);
  });

  test('a process counts at the place that it is given', () => {
    const { owner, processes } = sharedProcesses(3, [NO_PLACE]);
    const slot = owner.backends.take();
    const spare = processes[0];
    spare.sit(2);
    spare.backends.places.add(slot, 1);
    spare.backends.traffic.add(slot, trafficFields.requests, 1);
    expect(owner.backends.inFlight(slot)).toBe(1);
    owner.takeBack(2);
    expect([owner.backends.inFlight(slot), owner.backends.traffic.sum(slot, trafficFields.requests)]).toEqual([0, 1]);
  });

  test('backends that have answered are told once', () => {
    const { owner, processes } = sharedProcesses(3);
    const slots = Array.from({ length: 100 }, () => owner.backends.take());
    processes[0].backends.heard.mark(slots[99]);
    processes[1].backends.heard.mark(slots[99]);
    processes[2].backends.heard.mark(slots[31]);
    processes[2].backends.heard.mark(slots[32]);
    const told: Slot[] = [];
    owner.backends.takeHeard((slot) => told.push(slot));
    owner.backends.takeHeard((slot) => told.push(slot));
    expect(told).toEqual([slots[31], slots[32], slots[99]]);
  });
});

describe('a slot', () => {
  test('belongs to one at a time, and is clean for the next', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 300 }), (steps) => {
        const cells = new BackendCells();
        const held: Slot[] = [];
        for (const one of steps) {
          const given = one % 3 === 0 ? held.splice(one % Math.max(1, held.length), 1) : [];
          for (const slot of given) cells.give(slot);
          if (given.length > 0) continue;
          const slot = cells.take();
          expect(held).not.toContain(slot);
          held.push(slot);
          expect(cells.places.add(slot, 1)).toBe(1);
          expect(cells.traffic.add(slot, trafficFields.requests, 1)).toBe(1);
        }
      }),
    );
  });

  test('of shared cells is given again only behind a fence, and when its last request is over', () => {
    const { owner, processes } = sharedProcesses(2);
    const slots = Array.from({ length: ROOM.backends }, () => owner.backends.take());
    expect([owner.backends.room, owner.backends.inUse]).toEqual([0, ROOM.backends]);
    expect(() => owner.backends.take()).toThrow(`room for ${ROOM.backends} only`);
    const [busy, idle, late] = slots;
    processes[1].backends.places.add(busy, 1);
    owner.backends.give(busy);
    owner.backends.give(idle);
    const passed = owner.beginFence();
    owner.backends.give(late);
    expect(owner.backends.room).toBe(0);
    passed?.();
    expect(owner.backends.room).toBe(1);
    expect(owner.backends.take()).toBe(idle);
    processes[1].backends.places.add(busy, -1);
    expect(owner.backends.take()).toBe(busy);
    owner.beginFence()?.();
    expect([owner.backends.take(), owner.backends.room]).toEqual([late, 0]);
    expect(owner.beginFence()).toBeNull();
  });
});

test('numbers that all processes have together are divided among them, with at least one for each', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.nat(1000), (count, whole) => {
      const { processes } = sharedProcesses(count);
      const parts = processes.map((process) => process.shareOf(whole));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(whole === 0 ? 0 : Math.max(whole, count));
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
    }),
  );
  expect(GatewayCells.alone().shareOf(7)).toBe(7);
});

test('a process that takes over for another has a part as large as those that serve at a time, though there are more places', () => {
  const turns = [0, 1, 0].map((number) => ({ number, of: 2 }));
  const { processes } = sharedProcesses(4, [0, 1, 3], turns);
  expect(processes.map((process) => process.shareOf(5))).toEqual([3, 2, 3]);
  expect(processes.map((process) => process.backends.offset)).toEqual([0, 1, 0]);
});

test('the room of a gateway is four times what it has, and never small', () => {
  expect(roomFor(3, 1)).toMatchObject({ backends: 65_536, tenants: 16_384 });
  expect(roomFor(30_000, 10_000)).toMatchObject({ backends: 120_000, tenants: 40_000 });
});
