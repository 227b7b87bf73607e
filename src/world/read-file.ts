// Reads whole files, and never waits for ever. What is no file is refused: a named pipe that nobody writes to would never end,
// and a device may have no end at all. A file system that does not answer (a dead network mount) is given up after a while.
import { type Stats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Bytes, type Millis, millis } from '../core/units.ts';

/** The code of the error for a path that leads to a pipe, a socket or a device. */
export const NO_FILE = 'NO_FILE';

// What the caller of this program has opened for it, as `keystone run -c /dev/stdin` and a shell's `<(…)` name it. A pipe is
// meant there.
const HANDED_OVER = /^\/dev\/stdin$|^\/(?:dev|proc\/self)\/fd\/\d+$/;

/** The code of the error for a file that has not been read in time. */
export const TOO_SLOW = 'TOO_SLOW';

/** Far longer than a slow disk takes for the largest configuration, and short enough for a person who waits for an error. */
const LONGEST_READ = millis(30_000);

/** Rejects with the system's error, or with one whose code is `NO_FILE` or `TOO_SLOW`. Reads at most `limit` + 1 bytes. */
export async function readFile(path: string, limit: Bytes, longest: Millis = LONGEST_READ): Promise<Uint8Array> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(fault(path, TOO_SLOW)), longest);
  try {
    return await Promise.race([readWhole(path, limit), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readWhole(path: string, limit: Bytes): Promise<Uint8Array> {
  const isHandedOver = HANDED_OVER.test(path);
  // Without O_NONBLOCK, opening a named pipe waits until somebody writes to it.
  const file = await open(path, constants.O_RDONLY | (isHandedOver ? 0 : constants.O_NONBLOCK));
  try {
    if (!isReadable(await file.stat(), isHandedOver)) throw fault(path, NO_FILE);
    return await readAll(file, limit);
  } finally {
    await file.close();
  }
}

function fault(path: string, code: string): Error {
  return Object.assign(new Error(`${path} cannot be read (${code})`), { code });
}

// A directory counts here, because the system has an error of its own for reading it.
function isReadable(found: Stats, isHandedOver: boolean): boolean {
  return found.isFile() || found.isDirectory() || (isHandedOver && found.isFIFO());
}

async function readAll(file: FileHandle, limit: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.createReadStream({ end: limit, autoClose: false })) {
    if (chunk instanceof Uint8Array) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
