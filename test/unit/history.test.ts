// The history of configurations, on a real disk.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History, type NewVersion } from '../../src/state/history.ts';
import { FolderFiles } from '../../src/world/state-folder.ts';

let directory = '';
let said: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keystone-history-'));
  said = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(): Promise<History> {
  const tools = {
    wall: () => 1_700_000_000_000,
    ignored: (name: string) => said.push(`ignored ${name}`),
    unkept: (name: string) => said.push(`unkept ${name}`),
  };
  return History.open(new FolderFiles(directory), tools);
}

function made(digest: string): NewVersion {
  const own = {
    source: 'admin',
    operator: null,
    of: null,
    file: 'keystone.yaml',
    tenants: 1,
    quarantined: 0,
    changes: [],
  } as const;
  return { ...own, digest, packed: new TextEncoder().encode(digest) };
}

test('has the latest 50, with the numbers that they always had', async () => {
  const history = await open();
  for (let at = 1; at <= 52; at++) await history.add(made(`texts ${at}`));
  const read = await open();
  expect(read.versions.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, at) => at + 3));
  expect(read.versions).toEqual([...history.versions]);
  expect(readdirSync(directory)).toHaveLength(100);
});

test('keeps texts once that are put in force again and again', async () => {
  const history = await open();
  await history.add(made('one'));
  await history.add(made('one'));
  expect(history.versions).toHaveLength(1);
  expect(history.current?.number).toBe(1);
});

test('finds the latest version that differs from the one in force', async () => {
  const history = await open();
  for (const texts of ['one', 'two', 'one']) await history.add(made(texts));
  expect(history.find(null)?.number).toBe(2);
  expect(history.find(1)?.digest).toBe('one');
  expect(history.find(4)).toBeNull();
});

test('goes on where a file is damaged, and says so', async () => {
  const history = await open();
  for (const texts of ['one', 'two', 'three']) await history.add(made(texts));
  writeFileSync(join(directory, 'version-000002.json'), '{');
  const read = await open();
  expect(read.versions.map(({ number }) => number)).toEqual([1, 3]);
  expect(said).toEqual(['ignored version-000002.json']);
});

test('says that a version could not be kept, and has none in force then', async () => {
  const history = await open();
  await history.add(made('one'));
  rmSync(directory, { recursive: true });
  await history.add(made('two'));
  expect(said).toEqual(['unkept version-000002.json']);
  expect([history.current, history.versions.length]).toEqual([null, 1]);
  expect(history.find(null)?.number).toBe(1);
});
