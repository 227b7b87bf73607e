// The past on a real disk, as the thread that keeps it sees it.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistorySettings } from '../../src/config/history.ts';
import { bytes } from '../../src/core/units.ts';
import type { GatewayEvent } from '../../src/core/observer.ts';
import { GRAINS, type Grain, WHOLE } from '../../src/observe/history/kept-past.ts';
import { POINT_FIELDS, POINT_SIZE } from '../../src/observe/history/timeline.ts';
import type { FromPast } from '../../src/state/past/messages.ts';
import { PastKeeper } from '../../src/state/past/past-keeper.ts';
import { SmallDisk, canMount } from '../support/small-disk.ts';

const FINE = GRAINS.fine.step;
const COARSE = GRAINS.coarse.step;
// The beginning of a block of either kind.
const BEGIN = Math.ceil(1_700_000_000_000 / (72 * COARSE)) * 72 * COARSE;

let directory = '';
let path = '';
let wall = BEGIN;
let uptime = 0;
let open: PastKeeper[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keystone-past-'));
  path = join(directory, 'past.sqlite');
  wall = BEGIN;
  uptime = 0;
});
afterEach(() => {
  for (const keeper of open) keeper.close();
  open = [];
  rmSync(directory, { recursive: true, force: true });
});

/** A keeper, and what it has said. */
class Kept {
  readonly said: FromPast[] = [];
  private readonly keeper: PastKeeper;
  private asked = 0;

  constructor(
    private readonly settings: HistorySettings = {
      max_size: bytes(64 * 1024 * 1024),
      fine_hours: 24,
      coarse_days: 30,
      max_events: 100,
    },
  ) {
    const tools = { tell: (message: FromPast) => void this.said.push(message), wall: () => wall, now: () => uptime };
    this.keeper = new PastKeeper({ kind: 'open', path, settings }, tools);
    open.push(this.keeper);
  }

  /** A step is over in which these have had so many requests. */
  end(grain: Grain, at: number, requests: Readonly<Record<string, number>>): void {
    const names = Object.keys(requests);
    const values = new Float64Array(names.length * POINT_SIZE).fill(0);
    for (const [place, name] of names.entries()) {
      const served = requests[name] ?? 0;
      const latency = served === 0 ? Number.NaN : 1.5;
      values.set([served, 1, 0, 2, served * 1e9, 3, latency, latency * 2, latency * 4], place * POINT_SIZE);
    }
    this.keeper.obey({ kind: 'points', grain, names, values });
    wall = Math.max(wall, at + GRAINS[grain].step);
    this.keeper.obey({ kind: 'ended', grain, at, settings: this.settings });
  }

  /** The requests of each step; null: nothing is known. */
  requests(name: string, grain: Grain, from: number, steps: number): readonly (number | null)[] | null {
    const values = this.values(name, grain, from, steps);
    if (values === null) return null;
    return Array.from({ length: steps }, (_, at) => {
      const value = values[at * POINT_SIZE] ?? 0;
      return Number.isNaN(value) ? null : value;
    });
  }

  values(name: string, grain: Grain, from: number, steps: number): Float64Array | null {
    const id = ++this.asked;
    this.keeper.obey({ kind: 'read', id, name, grain, from, steps });
    return this.said.findLast((one) => one.kind === 'values')?.values ?? null;
  }

  events(events: readonly GatewayEvent[]): void {
    this.keeper.obey({ kind: 'events', events });
  }

  between(after: number, before: number): readonly number[] {
    this.keeper.obey({ kind: 'between', id: ++this.asked, after, before });
    return (this.said.findLast((one) => one.kind === 'found')?.events ?? []).map(({ number }) => number);
  }

  close(): void {
    this.keeper.close();
  }

  get aside(): string | null {
    return this.said.find((one) => one.kind === 'set_aside')?.reason ?? null;
  }

  get lost(): readonly string[] {
    return this.said.flatMap((one) => (one.kind === 'lost' ? [one.reason] : []));
  }
}

function event(number: number): GatewayEvent {
  return { number, at: BEGIN, tenant: 'shop', backend: 'a', kind: 'unhealthy', detail: 'status 500' };
}

describe('the past in a file', () => {
  test('has every number of a point, large and small ones', () => {
    const kept = new Kept();
    kept.end('fine', BEGIN, { [WHOLE]: 4_000_000, shop: 0 });
    const values = kept.values(WHOLE, 'fine', BEGIN, 1);
    expect(Array.from(values ?? [])).toEqual([4_000_000, 1, 0, 2, 4e15, 3, 1.5, 3, 6]);
    expect(values).toHaveLength(POINT_FIELDS.length);
    expect(Array.from(kept.values('shop', 'fine', BEGIN, 1) ?? []).slice(6)).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  test('is there after a restart, in steps and in blocks, and knows when a tenant was quiet and when the gateway was down', () => {
    const kept = new Kept();
    // Three blocks, with a gap; the shop has traffic in every third step.
    for (let step = 0; step < 250; step++)
      if (step < 100 || step > 120)
        kept.end('fine', BEGIN + step * FINE, { [WHOLE]: step + 1, ...(step % 3 === 0 ? { shop: step + 1 } : {}) });
    kept.close();
    const again = new Kept();
    const whole = again.requests(WHOLE, 'fine', BEGIN - FINE, 252);
    const shop = again.requests('shop', 'fine', BEGIN - FINE, 252);
    const expected = (of: (step: number) => number) =>
      Array.from({ length: 252 }, (_, at) => (at === 0 || at === 251 || (at > 100 && at <= 121) ? null : of(at - 1)));
    expect(whole).toEqual(expected((step) => step + 1));
    expect(shop).toEqual(expected((step) => (step % 3 === 0 ? step + 1 : 0)));
    expect(again.requests('nobody', 'fine', BEGIN, 10)).toBeNull();
    // Of the block that goes on there is a row for each step, of those before one for each name.
    expect(count('fine_steps')).toBe(250 - 180);
    expect(count('fine_blocks')).toBe(4);
  });

  test('has the beginning of a step from the process of before, and its end from this one', () => {
    const first = new Kept();
    for (let step = 0; step < 40; step++) first.end('fine', BEGIN + step * FINE, { [WHOLE]: 10, shop: 1 });
    first.end('coarse', BEGIN, { [WHOLE]: 300, shop: 30 });
    first.close();
    // In the midst of a fine step, and of a coarse one that only the fine ones tell of.
    const second = new Kept();
    second.end('fine', BEGIN + 39 * FINE, { [WHOLE]: 5, shop: 2 });
    second.end('coarse', BEGIN + COARSE, { [WHOLE]: 7, shop: 3 });
    expect(second.requests(WHOLE, 'fine', BEGIN + 38 * FINE, 2)).toEqual([10, 15]);
    expect(second.requests('shop', 'fine', BEGIN + 38 * FINE, 2)).toEqual([1, 3]);
    expect(second.requests(WHOLE, 'coarse', BEGIN, 2)).toEqual([300, 107]);
    expect(second.requests('shop', 'coarse', BEGIN, 2)).toEqual([30, 13]);
  });

  test('tells the last steps and events to the process that opens it', () => {
    const first = new Kept();
    for (let step = 0; step < 40; step++) first.end('fine', BEGIN + step * FINE, { [WHOLE]: 10, shop: step });
    first.events([event(1), event(2)]);
    first.close();
    const { said } = new Kept();
    const steps = said.filter((one) => one.kind === 'step');
    expect(steps.map(({ at }) => (at - BEGIN) / FINE)).toEqual(Array.from({ length: 30 }, (_, at) => at + 10));
    expect(steps.at(-1)?.names).toEqual([WHOLE, 'shop']);
    expect(said.find((one) => one.kind === 'opened')?.events.map(({ number }) => number)).toEqual([1, 2]);
  });

  test('forgets what is too old, once the clock can be trusted', () => {
    const kept = new Kept({ max_size: bytes(64 * 1024 * 1024), fine_hours: 1, coarse_days: 1, max_events: 10 });
    for (let step = 0; step < 720; step++) kept.end('fine', BEGIN + step * FINE, { [WHOLE]: 1 });
    kept.end('coarse', BEGIN, { [WHOLE]: 1 });
    expect(kept.requests(WHOLE, 'fine', BEGIN, 1)).toEqual([1]);
    uptime = 3_600_000;
    kept.end('coarse', BEGIN + 23 * COARSE, { [WHOLE]: 1 });
    expect(kept.requests(WHOLE, 'fine', BEGIN, 1)).toEqual([null]);
    expect(kept.requests(WHOLE, 'fine', BEGIN + 400 * FINE, 1)).toEqual([1]);
    expect(kept.requests(WHOLE, 'coarse', BEGIN, 1)).toEqual([1]);
    wall = BEGIN + 3 * 24 * 3_600_000;
    kept.end('coarse', wall - COARSE, { [WHOLE]: 1 });
    expect(kept.requests(WHOLE, 'coarse', BEGIN, 1)).toEqual([null]);
  });

  test('goes on where the clock is set back, and has what came last', () => {
    const kept = new Kept();
    for (let step = 0; step < 200; step++) kept.end('fine', BEGIN + step * FINE, { [WHOLE]: 1, before: 1 });
    // Half an hour back, into a block that is packed already.
    for (let step = 20; step < 100; step++) kept.end('fine', BEGIN + step * FINE, { [WHOLE]: 2, after: 2 });
    for (const [name, early, late] of [
      [WHOLE, 1, 2],
      ['before', 1, 0],
      ['after', 0, 2],
    ] as const)
      expect(kept.requests(name, 'fine', BEGIN + 18 * FINE, 4)).toEqual([early, early, late, late]);
    expect(kept.requests('before', 'fine', BEGIN + 98 * FINE, 4)).toEqual([0, 0, 1, 1]);
    uptime = 3_600_000;
    wall = BEGIN + 100 * FINE;
    kept.end('coarse', BEGIN, { [WHOLE]: 1 });
    expect(kept.requests(WHOLE, 'fine', BEGIN + 199 * FINE, 1)).toEqual([null]);
  });

  test('stays within its size: the oldest fine points go first', () => {
    const max = 1024 * 1024;
    const kept = new Kept({ max_size: bytes(max), fine_hours: 24, coarse_days: 30, max_events: 10 });
    const names = Array.from({ length: 100 }, (_, at) => `tenant-${at}`);
    const points = Object.fromEntries([WHOLE, ...names].map((name) => [name, 1_234_567]));
    kept.end('coarse', BEGIN, points);
    for (let step = 0; step < 900; step++) kept.end('fine', BEGIN + step * FINE, points);
    kept.close();
    expect(statSync(path).size).toBeLessThanOrEqual(max);
    const again = new Kept();
    expect(again.lost).toEqual([]);
    expect(again.requests('tenant-7', 'fine', BEGIN, 1)).toEqual([null]);
    expect(again.requests('tenant-7', 'fine', BEGIN + 899 * FINE, 1)).toEqual([1_234_567]);
    expect(again.requests('tenant-7', 'coarse', BEGIN, 1)).toEqual([1_234_567]);
  });

  test('has the latest events, and those between two numbers', () => {
    const kept = new Kept();
    for (let number = 1; number <= 250; number++) kept.events([event(number)]);
    expect(kept.between(0, 1000)).toEqual(Array.from({ length: 100 }, (_, at) => at + 151));
    expect(kept.between(160, 164)).toEqual([161, 162, 163]);
  });
});

describe.skipIf(!canMount())('on a full disk', () => {
  test('steps are lost, and told of as such; it goes on when there is room again', () => {
    using disk = new SmallDisk(2048);
    path = join(disk.path, 'past.sqlite');
    const kept = new Kept();
    kept.end('fine', BEGIN, { [WHOLE]: 1 });
    disk.fill();
    // Until what the file has in reserve is used up.
    for (let step = 1; step < 60; step++) {
      kept.end(
        'fine',
        BEGIN + step * FINE,
        Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`t${at}`, step])),
      );
      kept.events([event(step)]);
    }
    expect(kept.lost.length).toBeGreaterThan(0);
    expect(kept.aside).toBeNull();
    disk.free();
    const lost = kept.lost.length;
    kept.end('fine', BEGIN + 60 * FINE, { [WHOLE]: 7 });
    expect(kept.lost.length).toBe(lost);
    kept.close();
    const again = new Kept();
    expect(again.requests(WHOLE, 'fine', BEGIN, 1)).toEqual([1]);
    expect(again.requests(WHOLE, 'fine', BEGIN + 60 * FINE, 1)).toEqual([7]);
    again.close();
  });
});

describe('a file that cannot be used', () => {
  function fill(): void {
    const kept = new Kept();
    for (let step = 0; step < 400; step++)
      kept.end('fine', BEGIN + step * FINE, Object.fromEntries([WHOLE, 'a', 'b', 'c'].map((name) => [name, step])));
    kept.close();
  }

  const damages: readonly (readonly [string, string, () => void])[] = [
    ['garbage', 'it is damaged', () => writeFileSync(path, 'garbage '.repeat(10_000))],
    ['cut', 'it is damaged', () => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['cut to a part of a page', 'it is damaged', () => truncateSync(path, 1000)],
    ['overwritten in its midst', 'it is damaged', () => overwrite(path)],
    ['of a later version', 'it is of version 99', () => run('PRAGMA user_version = 99')],
    ['of another program', 'it is the file of another program', () => run('PRAGMA application_id = 7')],
    ['without its tables', 'it is damaged', () => run('DROP TABLE fine_blocks')],
    ['with points that are none', 'it is damaged', () => run("UPDATE fine_steps SET body = x'FFFFFFFFFFFFFFFFFFFF'")],
  ];

  test.each(damages)('since it is %s is set aside, and another begun', (_, why, damage) => {
    fill();
    damage();
    const kept = new Kept();
    kept.end('fine', BEGIN + 400 * FINE, { [WHOLE]: 3 });
    expect(kept.aside).toBe(why);
    expect(existsSync(`${path}.aside`)).toBe(true);
    expect(kept.requests(WHOLE, 'fine', BEGIN + 399 * FINE, 2)).toEqual([null, 3]);
    kept.close();
    const again = new Kept();
    expect([again.aside, again.requests(WHOLE, 'fine', BEGIN + 400 * FINE, 1)]).toEqual([null, [3]]);
  });

  test('since another has it open is set aside, and does not disturb the other', () => {
    const other = new Kept();
    other.end('fine', BEGIN, { [WHOLE]: 1 });
    const kept = new Kept();
    expect(kept.aside).toBe('another process uses it');
    kept.end('fine', BEGIN, { [WHOLE]: 2 });
    other.end('fine', BEGIN + FINE, { [WHOLE]: 3 });
    expect(other.requests(WHOLE, 'fine', BEGIN, 2)).toEqual([1, 3]);
    expect(kept.requests(WHOLE, 'fine', BEGIN, 2)).toEqual([2, null]);
  });

  test('since its folder is gone costs what comes meanwhile, and is made when there is one again', () => {
    rmSync(directory, { recursive: true });
    const kept = new Kept();
    kept.end('fine', BEGIN, { [WHOLE]: 1 });
    expect(kept.lost.length).toBeGreaterThan(0);
    mkdirSync(directory);
    for (let step = 1; step < 7; step++) kept.end('fine', BEGIN + step * FINE, { [WHOLE]: 1 });
    expect(kept.requests(WHOLE, 'fine', BEGIN + 6 * FINE, 1)).toEqual([1]);
  });

  function run(sql: string): void {
    const db = new Database(path);
    db.run(sql);
    db.close();
  }

  // In the midst of the file, and past its head.
  function overwrite(file: string): void {
    const content = readFileSync(file);
    content.fill(0xa5, 4096, content.length);
    writeFileSync(file, content);
  }
});

function count(table: string): number {
  for (const keeper of open) keeper.close();
  const db = new Database(path, { readonly: true });
  const found = db.query<{ count: number }, []>(`SELECT count(*) AS count FROM ${table}`).get();
  db.close();
  return found?.count ?? -1;
}
