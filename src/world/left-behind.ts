// Workers whose supervisor has been killed end by themselves. One that hangs cannot, and keeps its addresses from the next
// gateway.
import { readFileSync } from 'node:fs';
import type { Holder, KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';
import { type Millis, millis } from '../core/units.ts';
import { SUPERVISOR_NAME, WORKER_NAME } from './process-name.ts';

// One that does not hang has closed its sockets by then.
const PATIENCE = millis(1000);
const LOOK = millis(20);

export type LeftBehindTools = {
  readonly kernel: Pick<KernelSockets, 'holderOf'>;
  readonly rest: (delay: Millis) => Promise<void>;
};

/** Waits until no worker without a supervisor has one of these addresses, and ends those that do not give them up. Returns
 * how many had one. */
export async function endLeftBehind(addresses: readonly WantedAddress[], tools: LeftBehindTools): Promise<number> {
  const found = new Set<number>();
  const killed = new Set<number>();
  for (const address of addresses) {
    for (let pid = await leftAt(address, tools, found); pid !== null; pid = await leftAt(address, tools, found)) {
      if (killed.has(pid) || !end(pid)) break;
      killed.add(pid);
    }
  }
  return found.size;
}

// The one that still has the address when the others have had time to end; null: none.
async function leftAt(
  address: WantedAddress,
  { kernel, rest }: LeftBehindTools,
  found: Set<number>,
): Promise<number | null> {
  for (let waited = 0; ; waited += LOOK) {
    const holder = kernel.holderOf(address);
    if (holder === null || !isLeftBehind(holder)) return null;
    found.add(holder.pid);
    if (waited >= PATIENCE) return holder.pid;
    await rest(LOOK);
  }
}

function isLeftBehind({ name, pid }: Holder): boolean {
  if (name !== WORKER_NAME) return false;
  const [, parent = ''] = /^PPid:\s*(\d+)$/m.exec(textOf(`/proc/${pid}/status`)) ?? [];
  return parent !== '' && textOf(`/proc/${parent}/comm`).trimEnd() !== SUPERVISOR_NAME;
}

// False: it is another user's.
function end(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

// Empty: the process has gone, or may not be looked into.
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
