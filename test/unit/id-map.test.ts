import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { IdMap } from '../../src/core/id-map.ts';

test('an IdMap holds what a Map would hold', () => {
  const step = fc.tuple(fc.constantFrom('set', 'delete'), fc.nat(3), fc.nat());
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const [map, model] = [new IdMap<number>(), new Map<number, number>()];
      for (const [what, id, value] of steps) {
        if (what === 'set') {
          map.set(id, value);
          model.set(id, value);
        } else expect(map.delete(id)).toBe(model.delete(id));
        expect([map.size, map.first(), map.get(id)]).toEqual([model.size, [...model.values()][0], model.get(id)]);
        expect([map.ids(), map.values()]).toEqual([[...model.keys()], [...model.values()]]);
      }
    }),
  );
});
