// What a process does that answers no more, as the system sees it from outside.
import { readFileSync } from 'node:fs';

/** One line for people. */
export function describeHang(pid: number): string {
  const waits = textOf(`/proc/${pid}/wchan`);
  const [state = '?', ...fields] = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ');
  const ticks = Number(fields[10]) + Number(fields[11]);
  const used = Number.isFinite(ticks) ? `${ticks / 100}s of CPU used` : 'CPU use unknown';
  const where = waits === '' || waits === '0' ? '' : `, waits in ${waits}`;
  return `${STATES[state] ?? `state ${state}`}, ${used}${where}`;
}

const STATES: Readonly<Record<string, string>> = {
  R: 'it computes',
  S: 'it sleeps',
  D: 'it waits for a device',
  T: 'it is stopped',
};

// Empty: the process has gone, or the system has no such file.
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return '';
  }
}
