import { describe, expect, test } from 'bun:test';
import { isSameData } from '../../src/plan/fingerprint.ts';
import { CONTINUE } from '../../src/policies/contract.ts';
import type { PolicyPlan } from '../../src/policies/policy-plan.ts';
import type { PolicyTools } from '../../src/policies/tools.ts';
import { PolicyMaker } from '../../src/policies/lists.ts';
import { privateWords } from '../../src/runtime/policy-words.ts';
import { policyTools } from '../support/policies/tools.ts';
import { planOf, scripted } from '../support/policies/scripted.ts';

const PLANS: readonly PolicyPlan[] = [planOf('some')];

function toolsFor(tenant: string, words: number): PolicyTools {
  return { ...policyTools(tenant), words: privateWords(words) };
}

describe('policies', () => {
  test('are lists of those who take part in a step', () => {
    const stage = () => null;
    const maker = new PolicyMaker([scripted('some', { stage })], toolsFor, isSameData);
    const lists = maker.make('a', PLANS);
    expect([lists?.request.length, lists?.response.length, lists?.stage.length]).toEqual([0, 0, 1]);
    expect(maker.make('a', [])).toBeNull();
  });

  test('that know nothing of their tenant are made once for all with the same options', () => {
    const kind = { ...scripted('some', {}), isShared: true };
    const maker = new PolicyMaker([kind], toolsFor, isSameData);
    expect(maker.make('a', PLANS)).toBe(maker.make('b', PLANS));
    expect(maker.make('a', PLANS)).not.toBe(maker.make('b', [planOf('some')]));
    const own = new PolicyMaker([scripted('some', {})], toolsFor, isSameData);
    expect(own.make('a', PLANS)).not.toBe(own.make('b', PLANS));
  });

  test('go on with what they have counted while others of the tenant change', () => {
    let made = 0;
    const kind = { ...scripted('some', {}), create: () => ({ request: () => CONTINUE, number: ++made }) };
    const maker = new PolicyMaker([kind], toolsFor, isSameData);
    const plan = (limit: number): PolicyPlan => planOf('some', { limit });
    const before = maker.make('a', [plan(1), plan(2), plan(2)]);
    const after = maker.make('a', [plan(2), plan(3), plan(2), plan(1)], before);
    const policies = (lists: typeof before) => lists?.request.map(({ policy }) => policy);
    const [one, two, three] = policies(before) ?? [];
    expect(policies(after)).toEqual([two, expect.objectContaining({ number: 4 }), three, one]);
    expect(policies(after)?.[0]).toBe(two);
  });

  test('count in words of their own, as many as they have asked for', () => {
    const [one, other] = [privateWords(2), privateWords(2)];
    one.set(0, 7);
    expect(one.add(1, -1)).toBe(-1);
    expect(one.swap(0, 6, 8)).toBe(false);
    expect(one.swap(0, 7, 8)).toBe(true);
    expect([one.get(0), one.get(1), other.get(0)]).toEqual([8, -1, 0]);
    expect(() => one.get(2)).toThrow('no word 2');
    expect(() => privateWords(0).add(0, 1)).toThrow('no word 0');
  });
});
