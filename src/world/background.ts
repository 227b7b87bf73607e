// Lowers the priority of a process whose work can wait.
import { constants, setPriority } from 'node:os';

/** From here on the system lets other processes go first. */
export function letOthersGoFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Some systems do not permit it; the work is then done with the usual priority.
  }
}
