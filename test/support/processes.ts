// Processes of this machine.
import { readFile } from 'node:fs/promises';

/** Whether a process runs. What has been killed may stay for a while as a zombie, until somebody takes note. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  return !/\) [ZX]/.test(status);
}
