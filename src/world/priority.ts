// Who goes first where there is not enough processor time for all.
import { fromLibc } from './libc.ts';

const PRIO_PROCESS = 0;
const CALLER = 0;
// A tenth of the time of a thread that serves requests.
const LOW = 10;

/** Lets all others go before this thread. On systems other than Linux it would be the whole process (setpriority(2)). */
export function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  const libc = fromLibc({ setpriority: { args: ['i32', 'u32', 'i32'], returns: 'i32' } });
  libc?.setpriority(PRIO_PROCESS, CALLER, LOW);
}
