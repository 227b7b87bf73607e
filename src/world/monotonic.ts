// A monotonic time with the same origin in all processes of the machine. The runtime's own begins with each process.
import { type Millis, millis } from '../core/units.ts';
import { fromLibc } from './libc.ts';

// What `performance.now` counts by as well, so that the two go on together, also while the machine sleeps.
const CLOCK_MONOTONIC = 1;
const PER_SECOND = 1000;
const NANOSECONDS = 1_000_000;

/** The time since the machine has started; where the system does not tell, since this process has. */
export function machineTime(): () => Millis {
  const offset = startOfProcess();
  return () => millis(performance.now() + offset);
}

function startOfProcess(): number {
  const libc = fromLibc({ clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' } });
  const time = new BigInt64Array(2);
  if (libc === null || libc.clock_gettime(CLOCK_MONOTONIC, time) !== 0) return 0;
  return Number(time[0]) * PER_SECOND + Number(time[1]) / NANOSECONDS - performance.now();
}
