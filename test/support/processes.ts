// Processes of this machine.
import { readFile } from 'node:fs/promises';

/** The running processes that a process has started. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

// Of /proc/PID/stat: the hundredths of a second that the process has computed in user and in kernel mode (proc(5)).
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process has used. */
export async function cpuOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Whether a process runs. A killed process does not count while it is a zombie that its parent has not reaped. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  return !/\) [ZX]/.test(status);
}
