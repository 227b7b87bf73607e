// The name of this process, as `ps` and `top` show it. The runtime has its own there.
import { writeFileSync } from 'node:fs';

/** At most 15 bytes are kept. */
export function nameProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch {
    // The system has no such names.
  }
}
