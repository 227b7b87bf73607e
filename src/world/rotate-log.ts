// Sets files of logs aside that are too large or too old: `access.log` becomes `access.log.20261128T170512`, is compressed when
// nobody writes to it any more, and goes when there are too many. Only one process of a gateway does that; the others notice
// that the file has gone, and begin another one.
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { RotateSettings } from '../core/rotate-settings.ts';

// Others may still write to a file that has just been set aside. They look once a second.
const QUIET = 5000;
const NAME = /^\d{8}T\d{6}(?:-\d+)?(?:\.gz)?$/;

/** `wall`: milliseconds since 1970. */
export async function rotateLog(path: string, settings: RotateSettings, wall: number): Promise<void> {
  const found = await stat(path).catch(() => null);
  const isDue = found !== null && found.size > 0 && isOver(found, settings, wall);
  if (isDue) await rename(path, await freeName(path, wall));
  const aside = await filesAside(path);
  if (settings.compress) for (const file of aside) await compress(file, wall);
  const left = await filesAside(path);
  for (const file of left.slice(0, Math.max(0, left.length - settings.keep))) await unlink(file);
}

function isOver(
  { size, birthtimeMs, ctimeMs }: { readonly size: number; readonly birthtimeMs: number; readonly ctimeMs: number },
  settings: RotateSettings,
  wall: number,
): boolean {
  return size >= settings.size || wall - (birthtimeMs || ctimeMs) >= settings.age;
}

async function freeName(path: string, wall: number): Promise<string> {
  const time = new Date(wall).toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
  const taken = new Set((await filesAside(path)).map((file) => file.replace(/\.gz$/, '')));
  let name = `${path}.${time}`;
  for (let more = 1; taken.has(name); more++) name = `${path}.${time}-${more}`;
  return name;
}

// The oldest first.
async function filesAside(path: string): Promise<readonly string[]> {
  const beginning = `${basename(path)}.`;
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(beginning) && NAME.test(name.slice(beginning.length)))
    .toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .map((name) => join(dirname(path), name));
}

async function compress(file: string, wall: number): Promise<void> {
  if (file.endsWith('.gz')) return;
  const { mtimeMs } = await stat(file);
  if (wall - mtimeMs < QUIET) return;
  const unfinished = `${file}.gz.tmp`;
  await pipeline(createReadStream(file), createGzip(), createWriteStream(unfinished, { mode: 0o640 }));
  await rename(unfinished, `${file}.gz`);
  await unlink(file);
}
