// A process whose work can wait.
import { constants, setPriority } from 'node:os';

/** Lets other processes go first from here on. */
export function letOthersGoFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not permitted everywhere; the work is done all the same.
  }
}
