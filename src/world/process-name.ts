// The name of this process, as `ps` and `top` show it. The runtime has its own there.
import { writeFileSync } from 'node:fs';

/** That of the process that controls the others, or serves alone, and that of one that serves for it. */
export const SUPERVISOR_NAME = 'keystone';
export const WORKER_NAME = 'keystone worker';

/** At most 15 bytes are kept. */
export function nameProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch {
    // The system has no such names.
  }
}
