// Measures how tenant B fares, alone and beside tenant A.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Cores, cpuTimeOf } from '../cpu.ts';
import { waitUntilServing } from '../network.ts';
import { freePort } from '../../../test/support/ports.ts';
import { type Child, findProgram, type Stage } from '../processes.ts';
import { FLOODING, type Case, hostOf } from './cases.ts';
import type { Seen } from './client-program.ts';
import type { Contending, Ports } from './programs.ts';

export type Effort = {
  readonly rounds: number;
  readonly seconds: number;
  /** Requests of B in a second. */
  readonly rate: number;
};

export type Place = { readonly stage: Stage; readonly cores: Cores };

/** One round: B alone, and beside A. `requests`: of A in a second; `others`: of B, where B floods as well. `cpu`: of the program for each
 * request of A, in microseconds. */
export type Round = {
  readonly alone: Seen;
  readonly beside: Seen;
  readonly requests: number;
  readonly others: number;
  readonly cpu: number;
};

const seen = z.object({
  answers: z.number(),
  errors: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
});
const NOBODY: Seen = { answers: 0, errors: 0, p50: Number.NaN, p90: Number.NaN, p99: Number.NaN };

// A's load is at its height by then.
const ASSEMBLY = 1500;
const RELOAD_EVERY = 1000;
// B must not wait for the core that it shares with A's clients, or that would be measured.
const NICE_OF_A = 10;
const NICE_OF_B = -15;

/** Both origins, each a process of its own: otherwise B would wait in the queue of the one that A floods. */
export async function startOriginsOfBoth({ stage, cores }: Place): Promise<Ports> {
  const start = async (): Promise<number> => {
    const port = freePort();
    const child = stage.start({ argv: bun('origin-program.ts', String(port)), core: cores.origins });
    await waitUntilServing(child, `http://127.0.0.1:${port}/1k`, 1024);
    return port;
  };
  return { a: await start(), b: await start() };
}

export async function measureRound(running: Contending, tested: Case, place: Place, effort: Effort): Promise<Round> {
  const isAlone = tested.load === null || tested.name === '10' || tested.weight !== undefined;
  const asked = { ...effort, rate: tested.rate ?? effort.rate };
  const alone = isAlone ? NOBODY : await askAsB(running, place, asked);
  const before = cpuTimeOf(running.child.pid);
  const load = startLoad(running, tested, place, effort);
  await sleep(ASSEMBLY);
  const reloading = tested.reloads === true ? reloadOften(running, effort) : null;
  const beside = isAlone ? NOBODY : await askAsB(running, place, asked);
  const output = await Promise.all(load.map((child) => endOf(child, effort)));
  await reloading;
  const after = cpuTimeOf(running.child.pid);
  const [requests = 0, others = 0] = output.map(requestsPerSecond);
  const cpu = (after.user + after.system - before.user - before.system) / totalOf(output[0] ?? '');
  return { alone, beside, requests, others, cpu };
}

async function askAsB({ url }: Contending, { stage, cores }: Place, { rate, seconds }: Effort): Promise<Seen> {
  const argv = niced(NICE_OF_B, bun('client-program.ts', `${url}1k`, 'b.test', String(rate), String(seconds)));
  return seen.parse(JSON.parse(await stage.run({ argv, core: cores.load })));
}

function startLoad(running: Contending, tested: Case, { stage, cores }: Place, effort: Effort): readonly Child[] {
  const begin = (argv: readonly string[]): Child => stage.start({ argv: niced(NICE_OF_A, argv), core: cores.load });
  const { load } = tested;
  if (load === null) return [];
  const seconds = effort.seconds + (2 * ASSEMBLY) / 1000;
  if (load.kind === 'slow') {
    const words = ['-H', '-i', '1', '-r', '400', '-l', String(Math.ceil(seconds)), '-p', String(Math.ceil(seconds))];
    const { host } = new URL(running.url);
    return [begin(['slowhttptest', ...words, '-c', String(load.connections), '-u', 'http://a.test/1k', '-d', host])];
  }
  const url = `${tested.isTls === true ? running.tlsUrl : running.url}${load.path}`;
  const wrk = (host: string): Child => {
    const fields = [`Host: ${host}`, ...(load.fields ?? [])].flatMap((field) => ['-H', field]);
    const script = tested.tenants === undefined ? [] : ['-s', hostScript(stage)];
    const flags = ['-t1', `-c${load.connections}`, `-d${seconds}s`, '--timeout', '10s'];
    return begin(['wrk', ...flags, ...fields, ...script, url]);
  };
  return tested.weight === undefined ? [wrk('a.test')] : [wrk('a.test'), wrk('b.test')];
}

async function endOf(child: Child, { seconds }: Effort): Promise<string> {
  const deadline = performance.now() + 1000 * seconds + 15_000;
  while (!child.hasExited() && performance.now() < deadline) await sleep(50);
  await child.stop();
  return child.output();
}

async function reloadOften(running: Contending, { seconds }: Effort): Promise<void> {
  for (let turn = 0; turn < seconds; turn++) {
    running.reload(turn);
    await sleep(RELOAD_EVERY);
  }
}

function requestsPerSecond(output: string): number {
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1] ?? 0);
}

function totalOf(output: string): number {
  return Number(/(\d+) requests in /.exec(output)?.[1] ?? Number.NaN);
}

function hostScript({ directory }: Stage): string {
  const path = join(directory, 'hosts.lua');
  const hosts = Array.from({ length: FLOODING }, (_, at) => `'${hostOf(at)}'`);
  const text = `local hosts, requests, at = { ${hosts.join(', ')} }, {}, 0
function init()
  for i, host in ipairs(hosts) do requests[i] = wrk.format(nil, nil, { Host = host }) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;
  if (!existsSync(path)) writeFileSync(path, text);
  return path;
}

function bun(program: string, ...words: readonly string[]): readonly string[] {
  return [process.execPath, fileURLToPath(new URL(program, import.meta.url)), ...words];
}

// Only root may take more of a core than others.
function niced(by: number, argv: readonly string[]): readonly string[] {
  const mayNice = findProgram('nice') !== null && (by > 0 || process.getuid?.() === 0);
  return mayNice ? ['nice', '-n', String(by), ...argv] : argv;
}
