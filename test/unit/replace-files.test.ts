// Files get other texts together, or stay as they are.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampOf } from '../../src/world/look-at-files.ts';
import { type Replacement, replaceFiles } from '../../src/world/replace-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystone-replace-'));
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), `old ${name}`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const replacement = async (name: string): Promise<Replacement> => {
  const file = join(folder, name);
  return { file, text: Buffer.from(`new ${name}`), stamp: await stampOf(file) };
};
const all = async (): Promise<Replacement[]> => await Promise.all(['a', 'b', 'c'].map(replacement));
const texts = (): string[] => ['a', 'b', 'c'].map((name) => readFileSync(join(folder, name), 'utf8'));
const names = (): string[] => readdirSync(folder).toSorted((one, other) => one.localeCompare(other));
const OLD = ['old a', 'old b', 'old c'];

test('all are replaced, and nothing is left beside them', async () => {
  const done = await replaceFiles(await all());
  expect(texts()).toEqual(['new a', 'new b', 'new c']);
  if (done.ok) await done.value.keep();
  expect([done.ok, names()]).toEqual([true, ['a', 'b', 'c']]);
});

test('all are the old ones again, themselves, where the whole is taken back', async () => {
  const inodes = (): number[] => ['a', 'b', 'c'].map((name) => statSync(join(folder, name)).ino);
  const before = inodes();
  const done = await replaceFiles(await all());
  if (done.ok) await done.value.undo();
  expect([texts(), inodes(), names()]).toEqual([OLD, before, ['a', 'b', 'c']]);
});

test('none is replaced where one was changed meanwhile', async () => {
  const wanted = await all();
  writeFileSync(join(folder, 'c'), 'another one');
  const done = await replaceFiles(wanted);
  expect(done).toMatchObject({ ok: false, error: `${join(folder, 'c')} has been changed meanwhile` });
  expect([texts(), names()]).toEqual([
    ['old a', 'old b', 'another one'],
    ['a', 'b', 'c'],
  ]);
});

test('none is replaced where one is gone, or is no file', async () => {
  const wanted = await all();
  rmSync(join(folder, 'b'));
  expect(await replaceFiles(wanted)).toMatchObject({ ok: false, error: expect.stringContaining('it is gone') });
  mkdirSync(join(folder, 'b'));
  expect(await replaceFiles(wanted)).toMatchObject({ ok: false, error: expect.stringContaining('no regular file') });
  expect([readFileSync(join(folder, 'a'), 'utf8'), names()]).toEqual(['old a', ['a', 'b', 'c']]);
});
