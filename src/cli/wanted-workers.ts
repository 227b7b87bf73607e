// How many processes are to serve.
import { availableParallelism, freemem } from 'node:os';
import { type Result, err, ok } from '../core/result.ts';
import { MOST_WORKERS } from '../supervise/places.ts';

// More than that is rarely used, and each takes memory. Who has use for more asks for them.
const MOST_BY_ITSELF = 8;
// What a worker takes for itself with a small configuration, and some room for what it serves.
const MEMORY_OF_ONE = 150 * 1024 * 1024;

/** Reads the option. `before`: how many the process had whose place this one takes; null: there is none. An error is one line for people. */
export function wantedWorkers(typed: string | boolean | undefined, before: number | null): Result<number, string> {
  // The memory that the process of before takes is free again soon.
  if (typed === undefined || typed === 'auto') return ok(before ?? usualWorkers());
  const count = typeof typed === 'string' && /^[1-9]\d{0,2}$/.test(typed) ? Number(typed) : 0;
  return count >= 1 && count <= MOST_WORKERS
    ? ok(count)
    : err(`--workers takes a number from 1 to ${MOST_WORKERS}, or auto: one for each core, up to ${MOST_BY_ITSELF}`);
}

function usualWorkers(): number {
  const byMemory = Math.floor(freemem() / MEMORY_OF_ONE);
  return Math.max(1, Math.min(availableParallelism(), MOST_BY_ITSELF, byMemory));
}
