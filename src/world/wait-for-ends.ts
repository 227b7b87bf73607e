// Waits for other processes to end, for a process that is about to end itself and runs no events any more.
import { readFileSync } from 'node:fs';
import type { Millis } from '../core/units.ts';

const LOOK_MS = 2;

/** Returns when these children have ended, or after `limit`. Nothing else happens in this process meanwhile. */
export function waitForEnds(children: readonly number[], limit: Millis): void {
  const end = performance.now() + limit;
  while (children.some(isRunning) && performance.now() < end) Bun.sleepSync(LOOK_MS);
}

// A child that has ended stays in the process table until somebody asks how it has ended.
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
