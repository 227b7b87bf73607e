// The name of the error of the call that has just failed (errno(3)).
import { read } from 'bun:ffi';
import { constants } from 'node:os';
import type { ErrorCode } from '../core/kernel-sockets.ts';
import { fromLibc, onFirstUse } from './libc.ts';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

const LOCATION = '__errno_location';

const libc = onFirstUse(() => fromLibc({ [LOCATION]: { args: [], returns: 'ptr' } }));

/** To be asked before any other call. */
export function lastError(): ErrorCode {
  const at = libc()?.[LOCATION]() ?? null;
  const number = at === null ? 0 : read.i32(at, 0);
  return NAMES.get(number) ?? `error ${number}`;
}
