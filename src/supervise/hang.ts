// What a process does that answers no more, as it can be seen from outside: by the system, and by the word that it has left
// in the shared memory.
import { readFileSync } from 'node:fs';
import { type Millis, formatDuration, millis } from '../core/units.ts';

/** `cpu`: how much it has used since its start; null: the system does not say. */
export type Look = { readonly at: Millis; readonly cpu: Millis | null };

/** How the system sees a process. */
export type SeenProcess = { readonly state: string; readonly cpu: Millis | null; readonly waitsIn: string };

// Of /proc/PID/stat: hundredths of a second (proc(5)).
const MILLIS_PER_TICK = 10;

export function seeProcess(pid: number): SeenProcess {
  const [state = '?', ...fields] = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ');
  const ticks = Number(fields[10]) + Number(fields[11]);
  const cpu = Number.isFinite(ticks) ? millis(ticks * MILLIS_PER_TICK) : null;
  const where = textOf(`/proc/${pid}/wchan`);
  return { state, cpu, waitsIn: where === '0' ? '' : where };
}

/** One line for people. `before`: an earlier look, when its silence was noticed; `doing`: what it has said that it does. */
export function describeHang(
  { state, cpu, waitsIn }: SeenProcess,
  now: Millis,
  before: Look | null,
  doing: string | null,
): string {
  return [
    ...(doing === null ? [] : [doing]),
    STATES[state] ?? `state ${state}`,
    cpuUse(cpu, now, before),
    ...(waitsIn === '' ? [] : [`waits in ${waitsIn}`]),
  ].join(', ');
}

function cpuUse(cpu: Millis | null, now: Millis, before: Look | null): string {
  if (cpu === null) return 'CPU use unknown';
  const span = before === null ? 0 : now - before.at;
  if (before === null || before.cpu === null || span <= 0)
    return `${(cpu / 1000).toFixed(2)}s of CPU used since its start`;
  const share = Math.round(((cpu - before.cpu) / span) * 100);
  return `${share}% of a core in the last ${formatDuration(millis(Math.round(span)))}`;
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
