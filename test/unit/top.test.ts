// Which keys come most often, in bounded memory.
import { describe, expect, test } from 'bun:test';
import { type Counted, SpaceSaving } from '../../src/core/space-saving.ts';
import { TopBoard } from '../../src/observe/top/top-board.ts';
import type { TopWanted } from '../../src/observe/top/top-tap.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Numbers that look random, and are the same each time. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Keys of which few are frequent and very many come once or twice, and how often each has come. */
function stream(
  length: number,
  seed: number,
): { readonly keys: readonly string[]; readonly truth: Map<string, number> } {
  const random = numbers(seed);
  const keys: string[] = [];
  const truth = new Map<string, number>();
  for (let at = 0; at < length; at++) {
    const key = `k${Math.floor((random.next().value ?? 0.5) ** -2.5)}`;
    keys.push(key);
    truth.set(key, (truth.get(key) ?? 0) + 1);
  }
  return { keys, truth };
}

describe('a sketch', () => {
  test('is exact as long as there are no more keys than places', () => {
    const sketch = new SpaceSaving(50);
    for (let round = 1; round <= 50; round++) for (let key = round; key <= 50; key++) sketch.add(`key-${key}`);
    const { keys, least } = sketch.take();
    expect(least).toBe(1);
    expect(keys).toHaveLength(50);
    for (const { key, count, over } of keys) expect([`key-${count}`, over]).toEqual([key, 0]);
    expect(sketch.take()).toEqual({ keys: [], least: 0 });
  });

  test.each([1, 2, 3, 4, 5])('of many keys keeps within its bound, and has all that are frequent (%d)', (seed) => {
    const places = 100;
    const { keys, truth } = stream(20_000, seed);
    expect(truth.size).toBeGreaterThan(10 * places);
    const sketch = new SpaceSaving(places);
    for (const key of keys) sketch.add(key);
    const { keys: found, least } = sketch.take();
    const bound = keys.length / places;
    expect(found.length).toBeLessThanOrEqual(places);
    expect(least).toBeLessThanOrEqual(bound);
    for (const { key, count, over } of found) {
      const actual = truth.get(key) ?? 0;
      expect(count).toBeGreaterThanOrEqual(actual);
      expect(count - over).toBeLessThanOrEqual(actual);
      expect(over).toBeLessThanOrEqual(bound);
    }
    const known = new Set(found.map(({ key }) => key));
    for (const [key, count] of truth) if (count > bound) expect(known.has(key)).toBe(true);
    // No count is lost: they add up to all that came.
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(keys.length);
  });
});

const NOTHING: Counted = { keys: [], least: 0 };

function board(places = 100) {
  const clock = new VirtualClock();
  const wanted: TopWanted[] = [];
  const made = new TopBoard({ clock, want: (one) => void wanted.push(one), places: () => places });
  return { clock, wanted, board: made };
}

function counted(keys: readonly string[], places: number): Counted {
  const sketch = new SpaceSaving(places);
  for (const key of keys) sketch.add(key);
  return sketch.take();
}

describe('the board of the busiest', () => {
  test('has processes count while somebody asks, and no longer', async () => {
    const { clock, wanted, board: top } = board();
    expect(top.wanted.scopes).toEqual([]);
    const first = top.read(null, 10);
    expect(wanted).toEqual([{ scopes: [null], places: 100 }]);
    await clock.advance(2000);
    expect((await first)?.requests).toBe(0);
    await clock.advance(80_000);
    await top.read(null, 10);
    await clock.advance(20_000);
    expect(top.wanted.scopes).toEqual([null]);
    await clock.advance(80_000);
    expect(top.wanted.scopes).toEqual([]);
    expect(wanted.at(-1)?.scopes).toEqual([]);
  });

  test('puts the counts of processes together, and forgets what is older than a minute', async () => {
    const { clock, board: top } = board();
    const first = top.read(null, 10);
    await clock.advance(2000);
    await first;
    for (const [a, b] of [
      [3, 1],
      [2, 5],
    ] as const) {
      const clients = counted([...Array<string>(a).fill('a'), ...Array<string>(b).fill('b')], 10);
      top.add([{ scope: null, requests: a + b, tenants: NOTHING, paths: NOTHING, clients }]);
    }
    const now = await top.read(null, 10);
    expect(now?.requests).toBe(11);
    expect(now?.clients).toEqual([
      { key: 'b', requests: 6, atLeast: 6, atMost: 6 },
      { key: 'a', requests: 5, atLeast: 5, atMost: 5 },
    ]);
    await clock.advance(45_000);
    expect((await top.read(null, 1))?.clients).toHaveLength(1);
    await clock.advance(20_000);
    expect(await top.read(null, 10)).toMatchObject({ requests: 0, clients: [] });
  });

  test.each([1, 2, 3])('of many keys from several processes keeps each count between its bounds (%d)', async (seed) => {
    const places = 50;
    const { clock, board: top } = board(places);
    const first = top.read(null, 10);
    await clock.advance(2000);
    await first;
    const { keys, truth } = stream(24_000, seed);
    // Three processes, each second a thousand requests.
    for (let at = 0; at < keys.length; at += 500) {
      const part = counted(keys.slice(at, at + 500), places);
      top.add([{ scope: null, requests: 500, tenants: NOTHING, paths: part, clients: NOTHING }]);
      await clock.advance(500);
    }
    const found = await top.read(null, 1000);
    expect(found?.requests).toBe(24_000);
    for (const { key, atLeast, requests, atMost } of found?.paths ?? []) {
      const actual = truth.get(key) ?? 0;
      expect(atLeast).toBeLessThanOrEqual(actual);
      expect(atMost).toBeGreaterThanOrEqual(actual);
      expect(requests).toBeGreaterThanOrEqual(atLeast);
      expect(requests).toBeLessThanOrEqual(atMost);
    }
    const [busiest = ['', 0]] = [...truth].toSorted(([, one], [, other]) => other - one);
    expect(found?.paths[0]?.key).toBe(busiest[0]);
    // It does not grow with the number of keys.
    expect(found?.paths.length).toBeLessThanOrEqual(7 * 2 * places);
  });

  test('looks at a bounded number of tenants', async () => {
    const { clock, board: top } = board();
    const asked = Array.from({ length: 20 }, (_, at) => top.read(`tenant-${at}`, 10));
    await clock.advance(2000);
    expect((await Promise.all(asked)).filter((one) => one === null)).toHaveLength(4);
  });
});
