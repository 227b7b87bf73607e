// Memory without a name that processes share (memfd_create(2)): nothing has to be removed, and it works where /dev/shm is small
// or absent. Whoever inherits the descriptor maps the same memory.
import { readFileSync, writeSync } from 'node:fs';
import type { Descriptor, ErrorCode } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { lastError } from './errno.ts';
import { fromLibc, onFirstUse } from './libc.ts';

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const F_SEAL_WRITE = 8;

type Calls = NonNullable<ReturnType<typeof calls>>;

const calls = onFirstUse(() =>
  fromLibc({
    memfd_create: { args: ['ptr', 'u32'], returns: 'i32' },
    ftruncate: { args: ['i32', 'i64'], returns: 'i32' },
    fcntl: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    close: { args: ['i32'], returns: 'i32' },
  }),
);

/** The error where the system has no such memory. */
export const NOT_HERE = 'ENOSYS';

/** Makes memory full of zeros. Pages that nobody writes to take no room. The size can never be changed: with it a process
 * could make all others fail at their next access (SIGBUS). */
export function makeSharedMemory(name: string, bytes: number): Result<Descriptor, ErrorCode> {
  return makeMemory(name, F_SEAL_SHRINK | F_SEAL_GROW, (made, libc) => libc.ftruncate(made, bytes) === 0);
}

/** Makes memory that holds these bytes for ever. */
export function makeSealedMemory(name: string, content: Uint8Array): Result<Descriptor, ErrorCode> {
  const seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  return makeMemory(name, seals, (made) => {
    for (let at = 0; at < content.length; ) at += writeSync(made, content, at);
    return true;
  });
}

/** All that it holds. */
export function readSealedMemory(memory: Descriptor): Uint8Array {
  return readFileSync(pathOf(memory));
}

function makeMemory(
  name: string,
  seals: number,
  fill: (made: Descriptor, libc: Calls) => boolean,
): Result<Descriptor, ErrorCode> {
  const libc = calls();
  if (libc === null) return err(NOT_HERE);
  const made = libc.memfd_create(Buffer.from(`${name}\0`), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (made < 0) return err(lastError());
  const isDone = fill(made, libc) && libc.fcntl(made, F_ADD_SEALS, seals | F_SEAL_SEAL) === 0;
  return isDone ? ok(made) : closed(libc, made);
}

/** Maps it into this process. Throws for a descriptor of another kind. */
export function mapSharedMemory(memory: Descriptor): ArrayBufferLike {
  return Bun.mmap(pathOf(memory), { shared: true }).buffer;
}

function closed(libc: Calls, descriptor: Descriptor): Result<Descriptor, ErrorCode> {
  const problem = lastError();
  libc.close(descriptor);
  return err(problem);
}

function pathOf(descriptor: Descriptor): string {
  return `/proc/self/fd/${descriptor}`;
}
