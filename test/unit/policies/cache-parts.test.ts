import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ownBudget } from '../../../src/core/memory-budget.ts';
import { bytes, millis } from '../../../src/core/units.ts';
import { responseEdit, Edits } from '../../../src/message/edits.ts';
import { wantedOf } from '../../../src/policies/cache/conditions.ts';
import { Invalidation, INVALIDATION_WORDS } from '../../../src/policies/cache/invalidation.ts';
import { keptQuery } from '../../../src/policies/cache/query.ts';
import { Store } from '../../../src/policies/cache/store.ts';
import { privateWords } from '../../../src/runtime/policy-words.ts';
import { responseHead } from '../../support/heads.ts';

const PLACE = { host: 'a.test', path: '/a', query: '?b' };

describe('a range', () => {
  test('is within the body, or is not one', () => {
    const stored = { status: 200, etag: null, lastModified: null, date: null };
    const text = fc.oneof(
      fc.tuple(fc.nat(30), fc.nat(30)).map(([first, last]) => `bytes=${first}-${last}`),
      fc.nat(30).map((last) => `bytes=-${last}`),
      fc.nat(30).map((first) => `bytes=${first}-`),
      fc.string(),
    );
    fc.assert(
      fc.property(text, fc.nat(20), (range, length) => {
        const conditions = { ifNoneMatch: null, ifModifiedSince: null, ifRange: null, range };
        const wanted = wantedOf({ ...stored, length }, conditions, true, 0);
        if (wanted.kind !== 'part') return;
        expect(wanted.start).toBeGreaterThanOrEqual(0);
        expect(wanted.end).toBeGreaterThan(wanted.start);
        expect(wanted.end).toBeLessThanOrEqual(length);
      }),
    );
  });
});

describe('a query', () => {
  test('keeps the parameters that count, in their order, and nothing else', () => {
    const names = [{ text: 'a', isStart: true }];
    const pairs = fc.array(fc.constantFrom('a=1', 'ab=2', 'b=3', 'c', '%61=4'), { maxLength: 8 });
    fc.assert(
      fc.property(pairs, (list) => {
        const query = list.length === 0 ? '' : `?${list.join('&')}`;
        const only = keptQuery(query, { kind: 'only', names });
        const without = keptQuery(query, { kind: 'without', names });
        const parts = (text: string) => (text === '' ? [] : text.slice(1).split('&'));
        expect(parts(only)).toEqual(list.filter((pair) => /^(?:a|%61)/.test(pair)));
        expect(parts(without)).toEqual(list.filter((pair) => !/^(?:a|%61)/.test(pair)));
      }),
    );
  });
});

describe('what is purged while an answer is on its way', () => {
  test.each([
    ['its address', { kind: 'url', host: 'a.test', path: '/a', query: '?b' }],
    ['its path with all queries', { kind: 'url', host: 'a.test', path: '/a', query: null }],
    ['its tag', { kind: 'tag', tag: 'one' }],
    ['another tag, which it may have had', { kind: 'tag', tag: 'two' }],
    ['all', { kind: 'all' }],
  ] as const)('is not kept: %s', (_, what) => {
    const words = privateWords(INVALIDATION_WORDS);
    const invalidation = new Invalidation(words);
    const stamp = invalidation.stampOf(PLACE);
    new Invalidation(words).purge(what);
    const held = invalidation.withTags(stamp, ['one']);
    expect(held !== null && invalidation.holds(held)).toBe(false);
  });

  test('says nothing of other addresses', () => {
    const invalidation = new Invalidation(privateWords(INVALIDATION_WORDS));
    const held = invalidation.withTags(invalidation.stampOf(PLACE), ['one']);
    invalidation.purge({ kind: 'url', host: 'a.test', path: '/other', query: null });
    invalidation.purge({ kind: 'tag', tag: 'two' });
    expect(held !== null && invalidation.holds(held)).toBe(true);
  });
});

test('what comes after the end of a cache is not kept, and takes no memory', () => {
  const memory = ownBudget(1_000_000);
  const store = new Store(memory, bytes(100_000));
  const stored = { kind: 'store', lifetime: millis(1), age: millis(0), staleWhileRevalidate: millis(0) } as const;
  const made = {
    key: 'a',
    status: 200,
    fields: [],
    body: new Uint8Array(10),
    varied: [],
    stored: { ...stored, staleIfError: millis(0), allowsStale: true, isForAuthorized: false },
    stamp: { words: [], values: [] },
    at: millis(0),
  };
  expect(store.put(made)).not.toBeNull();
  store.close();
  expect([store.put(made), store.count, memory.used]).toEqual([null, 0, 0]);
});

test('edits are taken back to a mark, and told from it', () => {
  const edits = new Edits<'response'>();
  const head = responseHead('HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\n\r\n');
  edits.add(responseEdit.append('X-Before', '1'));
  edits.add(responseEdit.remove('X-C'));
  const { mark } = edits;
  edits.add(responseEdit.set('X-A', 'new'));
  edits.replace(head, 1, responseEdit.append('X-B', 'other'));
  expect(edits.fieldsSince(mark, head, () => false)).toEqual([
    ['X-C', '3'],
    ['X-A', 'new'],
    ['X-B', 'other'],
  ]);
  edits.backTo(mark);
  expect([edits.additions, edits.removes(head, 0), edits.removes(head, 1), edits.removes(head, 2)]).toEqual([
    1,
    false,
    false,
    true,
  ]);
});
