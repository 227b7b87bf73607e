// The memory of a process, as Linux counts it.
import { existsSync, readFileSync } from 'node:fs';

/** Whether this system tells the memory of processes. */
export const canMeasureMemory = existsSync('/proc/self/status');

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no memory`);
  return Number(kib) * 1024;
}
