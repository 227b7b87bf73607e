// Reads processor time and memory of process trees from the kernel, and assigns cores.
import { readdirSync, readFileSync } from 'node:fs';
import { findProgram } from './processes.ts';

/** Processor time in microseconds since the processes began. */
export type CpuTime = { readonly user: number; readonly system: number };

/** Which core each part of the benchmark is pinned to; null: not pinned. */
export type Cores = {
  readonly proxies: number | null;
  readonly load: number | null;
  readonly origins: number | null;
  /** The same in one sentence, for the report. */
  readonly note: string;
};

// USER_HZ: 100 on every Linux that Bun runs on, whatever the kernel's own clock is.
const MICROS_PER_TICK = 10_000;
// Positions in /proc/PID/stat, counted from the field after the program's name (proc(5): 3 state, 4 ppid, 14 utime).
const PARENT = 1;
const USER = 11;
const SYSTEM = 12;
const ENDED_CHILDREN_USER = 13;
const ENDED_CHILDREN_SYSTEM = 14;

/** Processor time of a process, its threads and its descendants, those that have ended included. */
export function cpuTimeOf(root: number): CpuTime {
  let user = 0;
  let system = 0;
  for (const pid of treeOf(root)) {
    const fields = statOf(pid);
    if (fields === null) continue;
    user += Number(fields[USER]) + Number(fields[ENDED_CHILDREN_USER]);
    system += Number(fields[SYSTEM]) + Number(fields[ENDED_CHILDREN_SYSTEM]);
  }
  return { user: user * MICROS_PER_TICK, system: system * MICROS_PER_TICK };
}

/** Resident memory of a process and its descendants in bytes; pages that they share count once for each. */
export function residentBytesOf(root: number): number {
  let kibibytes = 0;
  for (const pid of treeOf(root)) {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readOrNull(`/proc/${pid}/status`) ?? '');
    kibibytes += match === null ? 0 : Number(match[1]);
  }
  return kibibytes * 1024;
}

/** Memory of a process and its descendants in bytes. `private`: the part that would be freed if they ended. */
export type Memory = { readonly resident: number; readonly private: number };

/** The memory of a process and its descendants, exact to the page. */
export function memoryOf(root: number): Memory {
  let resident = 0;
  let own = 0;
  for (const pid of treeOf(root)) {
    const rollup = readOrNull(`/proc/${pid}/smaps_rollup`) ?? '';
    for (const [, name = '', kibibytes] of rollup.matchAll(/^(Rss|Private_Clean|Private_Dirty):\s+(\d+) kB/gm)) {
      if (name === 'Rss') resident += Number(kibibytes) * 1024;
      else own += Number(kibibytes) * 1024;
    }
  }
  return { resident, private: own };
}

/** Gives the proxies a core of their own, and the other cores to load and origins. */
export function assignCores(): Cores {
  const available = availableCores();
  if (findProgram('taskset') === null || available.length < 2) {
    const reason = available.length < 2 ? 'there is one core only' : 'taskset is not installed';
    return {
      proxies: null,
      load: null,
      origins: null,
      note: `Nothing is pinned, because ${reason}: compare with care.`,
    };
  }
  const [proxies, load, third] = available;
  const origins = third ?? load;
  const others =
    origins === load ? `wrk and the origins share core ${load}` : `wrk is on core ${load}, the origins on ${origins}`;
  return {
    proxies,
    load,
    origins,
    note: `Each proxy is pinned to core ${proxies}, one under load at a time; ${others}.`,
  };
}

function availableCores(): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readOrNull('/proc/self/status') ?? '')?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first, last] = range.split('-').map(Number);
    return Array.from({ length: (last ?? first) - first + 1 }, (_, at) => first + at);
  });
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const parent = Number.isInteger(pid) ? Number(statOf(pid)?.[PARENT] ?? 0) : 0;
    if (parent !== 0) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  // The array grows while it is walked: children are visited after their parents.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function statOf(pid: number): string[] | null {
  const line = readOrNull(`/proc/${pid}/stat`);
  // The program's name stands in parentheses and may hold blanks and parentheses itself.
  return line === null ? null : line.slice(line.lastIndexOf(')') + 2).split(' ');
}

// Null if the process has ended while /proc is read.
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** One process of a tree. `share`: its memory in bytes, of which a page counts as a part where processes share it. */
export type Part = { readonly pid: number; readonly name: string; readonly share: number };

/** A process and its descendants, each with its name and its share of the memory. */
export function partsOf(root: number): readonly Part[] {
  return treeOf(root).map((pid) => {
    const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readOrNull(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0;
    return { pid, name: (readOrNull(`/proc/${pid}/comm`) ?? '').trim(), share: Number(kibibytes) * 1024 };
  });
}

/** Memory of a process and its descendants in bytes, of which a page counts once however many of them share it. */
export function sharedOutBytesOf(root: number): number {
  return partsOf(root).reduce((sum, { share }) => sum + share, 0);
}
