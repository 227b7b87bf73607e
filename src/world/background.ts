// A thread whose work can wait.
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Lets the other threads go first from here on, those of this process as well. Linux has a priority for each thread;
 * elsewhere nothing changes. */
export function letOthersGoFirst(): void {
  try {
    // PID/task/TID
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Another system: the work is done all the same.
  }
}
