import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BackendCells } from '../../src/core/backend-cells.ts';
import { Cells, type Slot, bytesOf, slotOf, trafficFields } from '../../src/core/cells.ts';

const SLOTS = 8;
const fields = Object.values(trafficFields);

const step = fc.record({
  slot: fc.nat(SLOTS - 1).map(slotOf),
  field: fc.constantFrom(...fields),
  value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  action: fc.constantFrom('set' as const, 'add' as const, 'swap' as const, 'clear' as const, 'grow' as const),
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

function apply(cells: Cells<'traffic'>, model: Model, { slot, field, value, action }: Step): void {
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
    case 'clear':
      model.clear(slot);
      return cells.clear(slot);
    case 'grow':
      return undefined;
  }
}

function expectSame(cells: Cells<'traffic'>, model: Model): void {
  for (let slot = 0; slot < SLOTS; slot++)
    for (const field of fields) expect(cells.get(slotOf(slot), field)).toBe(model.get(slot, field));
}

describe('cells', () => {
  test('two views of the same memory agree', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const memory = new SharedArrayBuffer(bytesOf(trafficFields, SLOTS));
        const views = [new Cells(trafficFields, memory), new Cells(trafficFields, memory)] as const;
        const model = new Model();
        for (const one of steps) apply(views[one.view ? 1 : 0], model, one);
        for (const view of views) expectSame(view, model);
      }),
    );
  });

  test('of private memory keep what is counted when they grow', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const cells = new Cells(trafficFields);
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
    const cells = new Cells(trafficFields, new SharedArrayBuffer(bytesOf(trafficFields, SLOTS)));
    expect(cells.slots).toBe(SLOTS);
    expect(() => cells.grow(SLOTS + 1)).toThrow('cannot grow');
  });
});

test('cells of another layout are refused', () => {
  const memory = new SharedArrayBuffer(bytesOf(trafficFields, SLOTS));
  new Int32Array(memory)[0] = 99;
  expect(() => new Cells(trafficFields, memory)).toThrow('layout 99');
});

test('a slot belongs to one at a time, and is clean for the next', () => {
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
        expect(cells.traffic.add(slot, trafficFields.inFlight, 1)).toBe(1);
      }
    }),
  );
});
