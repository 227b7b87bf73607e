import { describe, expect, test } from 'bun:test';
import { ALONE, CommonValues } from '../../src/runtime/common-values.ts';

/** Two processes that tell each other at once: one that finds out, and one that is told. */
function pair(): { readonly finder: CommonValues; readonly worker: CommonValues } {
  const finder: CommonValues = new CommonValues({ ...ALONE, tell: (key, value) => worker.told(key, value) });
  const worker: CommonValues = new CommonValues({
    isOurs: false,
    tell: () => undefined,
    want: (key, reason) => finder.wanted(key, reason),
    ask(key) {
      const value = finder.current(key);
      if (value !== null) worker.told(key, value);
    },
  });
  return { finder, worker };
}

describe('a value that one process finds out', () => {
  test('reaches the others, also those that come later', () => {
    const { finder, worker } = pair();
    const found = finder.of('keys');
    const told = worker.of('keys');
    const heard: string[] = [];
    told.subscribe((value) => heard.push(value));
    expect([found.isOurs, told.isOurs, told.value]).toEqual([true, false, null]);
    found.publish('one');
    expect([heard, told.value, found.value]).toEqual([['one'], 'one', 'one']);
    told.release();
    expect(worker.current('keys')).toBeNull();
    // A process that has just started asks.
    const late = new CommonValues({
      ...ALONE,
      isOurs: false,
      ask: (key) => late.told(key, finder.current(key) ?? ''),
    });
    const next = late.of('keys');
    expect(late.current('keys')).toBe('one');
    next.release();
  });

  test('is found out again when somebody wants it, with the reason', () => {
    const { finder, worker } = pair();
    const reasons: string[] = [];
    finder.of('keys').wanted((reason) => reasons.push(reason));
    worker.of('keys').want('a key is missing');
    finder.of('keys').want('here, too');
    worker.of('others').want('nobody finds this out');
    expect(reasons).toEqual(['a key is missing', 'here, too']);
  });

  test('goes on from one policy to the next that has it, and is forgotten after the last', () => {
    const values = new CommonValues(ALONE);
    const before = values.of('keys');
    before.publish('one');
    const after = values.of('keys');
    before.release();
    expect(after.value).toBe('one');
    after.release();
    expect(values.of('keys').value).toBeNull();
  });
});
