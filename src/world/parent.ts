// Ties this process to the one that has started it (prctl(2)).
import { constants } from 'node:os';
import { fromLibc } from './libc.ts';

const PR_SET_PDEATHSIG = 1;

/** When `parent` ends, however it ends, the system sends this process the signal. False: it has ended already, or the system
 * has no such call. */
export function endWith(parent: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  const libc = fromLibc({
    prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' },
    getppid: { args: [], returns: 'i32' },
  });
  if (libc === null || libc.prctl(PR_SET_PDEATHSIG, constants.signals[signal], 0, 0, 0) !== 0) return false;
  // Ask after the call: a parent that ended before it has sent nothing.
  return libc.getppid() === parent;
}
