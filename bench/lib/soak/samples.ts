// Looks at the processes of a gateway again and again, and says whether they stay as they are.
import { readFileSync, readdirSync } from 'node:fs';
import { minimum } from '../statistics.ts';

/** One process at one time. */
export type Sample = {
  /** In seconds. */
  readonly at: number;
  /** Bytes; a page that processes share counts as a part of each. */
  readonly share: number;
  readonly resident: number;
  readonly descriptors: number;
  readonly threads: number;
};

export type Quantity = Exclude<keyof Sample, 'at'>;

/** What may come on top in a quarter of the time. */
type Bound = { readonly quantity: Quantity; readonly share: number; readonly more: number };

const MEBIBYTE = 1024 * 1024;
// Some MiB are left over from one collection of the heap, and not from the next.
const BOUNDS: readonly Bound[] = [
  { quantity: 'share', share: 0.06, more: 4 * MEBIBYTE },
  { quantity: 'resident', share: 0.06, more: 4 * MEBIBYTE },
  { quantity: 'descriptors', share: 0.05, more: 4 },
  { quantity: 'threads', share: 0, more: 2 },
];

/** Null: the process has ended. */
export function lookAt(pid: number, at: number): Sample | null {
  const memory = readOrNull(`/proc/${pid}/smaps_rollup`);
  const status = readOrNull(`/proc/${pid}/status`);
  const descriptors = descriptorsOf(pid);
  if (memory === null || status === null || descriptors === null) return null;
  return {
    at,
    share: fieldOf(memory, 'Pss') * 1024,
    resident: fieldOf(memory, 'Rss') * 1024,
    descriptors,
    threads: fieldOf(status, 'Threads'),
  };
}

/** How often a process has gone to sleep since it began: each timer that is left wakes it. */
export function sleepsOf(pid: number): number {
  return fieldOf(readOrNull(`/proc/${pid}/status`) ?? '', 'voluntary_ctxt_switches');
}

export type Growth = {
  readonly quantity: Quantity;
  /** The least of the third quarter of the time. */
  readonly level: number;
  /** The least of the last quarter is so much more. */
  readonly growth: number;
  readonly isFlat: boolean;
};

/** How the second half of the samples grows. By the least of its two quarters: a heap rises until it is collected, and what is
 * lost is in what is left then. */
export function growthOf(samples: readonly Sample[]): readonly Growth[] {
  const quarter = (from: number): readonly Sample[] =>
    samples.slice(Math.floor((samples.length * from) / 4), Math.floor((samples.length * (from + 1)) / 4));
  const [third, last] = [quarter(2), quarter(3)];
  return BOUNDS.map(({ quantity, share, more }) => {
    const [level, later] = [third, last].map((some) => minimum(some.map((sample) => sample[quantity])));
    const growth = later - level;
    return { quantity, level, growth, isFlat: growth <= level * share + more };
  });
}

function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

function descriptorsOf(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
