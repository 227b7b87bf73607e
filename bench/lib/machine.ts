// Describes what a reader must know to judge the figures: machine, versions, command, method.
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import type { Cores } from './cpu.ts';
import type { Effort } from './measure.ts';
import type { Origins } from './origins.ts';
import { findProgram, type Stage } from './processes.ts';

/** The circumstances of one run. */
export type Machine = {
  readonly date: string;
  readonly command: string;
  readonly cpu: string;
  readonly kernel: string;
  readonly versions: readonly string[];
  readonly method: readonly string[];
};

const ORIGINS = { nginx: 'nginx', bun: 'Bun, because nginx is not installed or not wanted' } as const;
const VERSION_FLAGS = { nginx: '-v', haproxy: '-v', caddy: 'version', wrk: '-v', h2load: '--version' } as const;

/** Describes the machine and the method. */
export async function describeMachine(
  stage: Stage,
  run: {
    readonly effort: Effort;
    readonly cores: Cores;
    readonly origins: Origins;
    readonly command?: string;
    readonly load?: string;
  },
): Promise<Machine> {
  const { rounds, seconds, warmUpSeconds, connections } = run.effort;
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    command: [
      `npm run ${run.command ?? 'bench'}`,
      ...(process.argv.length > 2 ? ['--'] : []),
      ...process.argv.slice(2),
    ].join(' '),
    cpu: `${processors[0]?.model ?? 'unknown'} (${processors.length} cores)`,
    kernel: release().split('-')[0],
    versions: await versions(stage),
    method: [
      `${rounds} interleaved rounds of ${seconds} s for each program in rotated order, after ${warmUpSeconds} s to warm up.`,
      run.load ?? `Load by wrk with ${connections} kept connections.`,
      run.cores.note,
      `Three identical origins, one process each: ${ORIGINS[run.origins.kind]}.`,
      'Every proxy has one worker, strips the path prefix, sets the X-Forwarded headers and keeps its connections.',
      'All proxies but nginx, which cannot, probe the origins.',
      'Buffers are as each program sets them by default; but nginx keeps request bodies of up to 64 KiB in memory.',
      'CPU is user and system time of all processes of a program, from /proc: the median of the rounds, and the minimum.',
    ],
  };
}

/** The programs that are installed, with their versions. */
export async function versions(stage: Stage): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, flag] of Object.entries(VERSION_FLAGS)) {
    const path = findProgram(name);
    if (path === null) continue;
    // `wrk -v` prints its version and fails.
    const printed = await stage.run({ argv: [path, flag], core: null }).catch(String);
    found.push(`${name} ${/\d+\.\d+[\w.-]*/.exec(printed.replace(path, ''))?.[0] ?? 'of unknown version'}`);
  }
  return [...found, `keystone ${gatewayVersion()} on Bun ${process.versions['bun'] ?? 'of unknown version'}`];
}

function gatewayVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return /"version": "([^"]+)"/.exec(manifest)?.[1] ?? 'of unknown version';
}
