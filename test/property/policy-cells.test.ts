// Words that the policies of several processes have together.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayCells, roomFor } from '../../src/core/gateway-cells.ts';
import { PolicyCells } from '../../src/core/policy-cells.ts';
import { wordsFor } from '../../src/policies/rate-limit/gcra-table.ts';
import { sharedProcesses } from '../support/shared-cells.ts';

test('the words of a policy are the same in all processes, and no other policy has them', () => {
  const policy = fc.record({ key: fc.string({ minLength: 1, maxLength: 4 }), count: fc.integer({ min: 1, max: 8 }) });
  const keyed = fc.uniqueArray(policy, { selector: ({ key }) => key, maxLength: 30 });
  fc.assert(
    fc.property(keyed, (policies) => {
      const { processes } = sharedProcesses(3);
      const sums = new Map<string, number>();
      for (const [at, { key, count }] of policies.entries()) {
        const words = processes[at % 3].policies.of(key, count);
        for (let word = 0; word < count; word++) words?.add(word, at + 1);
        if (words !== null) sums.set(key, at + 1);
      }
      for (const { key, count } of policies) {
        const expected = sums.get(key);
        for (const process of processes) {
          const words = process.policies.of(key, count);
          expect(words === null).toBe(expected === undefined);
          if (words === null) continue;
          for (let word = 0; word < count; word++) expect(words.get(word)).toBe(expected ?? 0);
          expect(() => words.get(count)).toThrow(`no word ${count}`);
        }
      }
    }),
  );
});

test('there are none in a process that is alone, nor for a policy without words', () => {
  expect(GatewayCells.alone().policies.of('a', 1)).toBeNull();
  expect(sharedProcesses(1).processes[0].policies.of('a', 0)).toBeNull();
});

test('tables have room for ten thousand tenants, and leave some for switches', () => {
  const cells = new PolicyCells(new Int32Array(65_536));
  const table = 8192;
  const tables = Array.from({ length: 20 }, (_, at) => cells.of(`table ${at}`, table)).filter((one) => one !== null);
  expect(tables.length).toBeGreaterThan(5);
  expect(cells.of('another table', table)).toBeNull();
  expect(cells.of('switch', 1)).not.toBeNull();
  // What has found no room has taken none: it may be asked for as often as configurations are read.
  for (let at = 0; at < 1_000_000; at++)
    if (cells.of('another table', 1_000_000) !== null) throw new Error('it has room');
  expect(cells.of('another switch', 1)).not.toBeNull();

  const tenants = 10_000;
  expect(roomFor(tenants, tenants, tenants * wordsFor(8192)).policyWords).toBeGreaterThan(
    1.1 * tenants * wordsFor(8192),
  );
  // What is mapped delays the collection of garbage, also where nothing lies there.
  expect(roomFor(tenants, tenants).policyWords).toBeLessThanOrEqual(2 ** 22);
});
