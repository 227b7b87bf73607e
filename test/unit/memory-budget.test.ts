import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Holder, MemoryBudget } from '../../src/core/memory-budget.ts';
import { bytes } from '../../src/core/units.ts';

class Pile implements Holder {
  held = 0;
  readonly pieces: number[] = [];

  constructor(private readonly budget: MemoryBudget) {
    budget.join(this);
  }

  add(size: number): boolean {
    if (!this.budget.take(size, this)) return false;
    this.pieces.push(size);
    this.held += size;
    return true;
  }

  letGo(): boolean {
    const size = this.pieces.shift();
    if (size === undefined) return false;
    this.held -= size;
    this.budget.give(size);
    return true;
  }
}

function budgetOf(whole: number, processes = 1): MemoryBudget {
  return new MemoryBudget(bytes(whole), (all) => bytes(all / processes));
}

describe('what several holders have together', () => {
  test('is bounded, and whoever has most lets go first', () => {
    const budget = budgetOf(100);
    const [large, small] = [new Pile(budget), new Pile(budget)];
    for (const size of [30, 30, 30]) large.add(size);
    expect([small.add(10), small.add(20), large.held, small.held]).toEqual([true, true, 60, 30]);
    expect([small.add(101), large.held]).toEqual([false, 60]);
  });

  test('is the part of one process, and shrinks when a plan says so', () => {
    const budget = budgetOf(200, 2);
    const pile = new Pile(budget);
    for (const size of [40, 40, 40]) pile.add(size);
    expect(budget.used).toBe(80);
    budget.all = bytes(100);
    expect([budget.used, pile.held]).toEqual([40, 40]);
  });

  test('never counts more than there is, whoever comes and goes', () => {
    const step = fc.record({ who: fc.nat(4), size: fc.integer({ min: 1, max: 60 }), leaves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = budgetOf(100);
        const piles = Array.from({ length: 5 }, () => new Pile(budget));
        for (const { who, size, leaves } of steps) {
          if (leaves) piles[who]?.letGo();
          else expect(piles[who]?.add(size)).toBe(true);
          expect(budget.used).toBe(piles.reduce((sum, { held }) => sum + held, 0));
          expect(budget.used).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});
