// Measures how long requests wait during a reload of ten thousand tenants, of which none, one or all have changed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignCores, cpuTimeOf } from './lib/cpu.ts';
import { waitUntilServing } from './lib/network.ts';
import { freePort } from '../test/support/ports.ts';
import { startOrigins } from './lib/origins.ts';
import { type Child, openStage } from './lib/processes.ts';
import { appliedIn } from './lib/reload-times.ts';
import { markdownTable } from './lib/report.ts';
import { median, percentileOf } from './lib/statistics.ts';
import { SteadyClient } from './lib/steady-client.ts';
import { readWords } from './lib/words.ts';

type Options = {
  readonly rounds: number;
  readonly tenants: number;
  readonly gateway: string;
  readonly output: string;
};

/** How often each part of the configuration has been changed. */
type Changes = { readonly one: number; readonly route: number; readonly all: number };
type Phase = { readonly name: string; readonly changes: keyof Changes | null };
type Result = {
  /** From the signal to the line in the log. */
  readonly whole: number;
  /** Of that, what comes after the reading; NaN: the log does not say. */
  readonly applying: number;
  readonly cpu: number;
  readonly waits: readonly number[];
};
type Place = {
  readonly child: Child;
  readonly file: string;
  readonly client: SteadyClient;
  readonly origins: readonly number[];
};

const USAGE = `npm run bench:reload -- [options]

  --rounds N         of all phases, default 5
  --tenants N        each with three backends, default 10000
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where reload.md goes, default bench/results`;

const PHASES: readonly Phase[] = [
  { name: 'the same file', changes: null },
  { name: 'one tenant has another timeout', changes: 'one' },
  { name: 'one tenant has another host', changes: 'route' },
  { name: 'every tenant has another timeout', changes: 'all' },
];
const CONNECTIONS = 4;
const BODY = 1024;
const RELOAD_MILLIS = 120_000;
const RELOADED = /configuration reloaded/g;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { rounds: '5', tenants: '10000' });
  const { rounds, tenants } = { rounds: words.count('rounds'), tenants: words.count('tenants', 2) };
  return { rounds, tenants, gateway: words.of('gateway'), output: words.of('output') };
}

async function main(options: Options): Promise<number> {
  await using stage = openStage();
  const cores = assignCores();
  const { ports: origins } = await startOrigins(stage, { kind: null, core: cores.origins });
  const file = join(stage.directory, 'keystone.yaml');
  const port = freePort();
  let changes: Changes = { one: 0, route: 0, all: 0 };
  writeFileSync(file, configuration(options.tenants, origins, changes));
  const fill = (word: string): string => word.replaceAll('{config}', file).replaceAll('{port}', String(port));
  // Not pinned: the reading has a process of its own.
  const child = stage.start({ argv: options.gateway.trim().split(/\s+/).map(fill), core: null });
  const url = new URL(`http://127.0.0.1:${port}/asked/1k`);
  await waitUntilServing(child, url.href, BODY);
  using client = new SteadyClient(url, BODY, CONNECTIONS);
  const place = { child, file, client, origins };
  const quiet: (readonly number[])[] = [];
  const results = PHASES.map((): Result[] => []);
  // Watched for as long as a reload lasts, or the longest of few waits would stand beside the longest of many.
  let quietMillis = 1000;
  for (let round = 0; round <= options.rounds; round++) {
    const start = performance.now();
    await sleep(quietMillis);
    if (round > 0) quiet.push(client.between(start, performance.now()));
    for (const [at, phase] of PHASES.entries()) {
      if (phase.changes !== null) changes = { ...changes, [phase.changes]: changes[phase.changes] + 1 };
      const result = await reload(place, configuration(options.tenants, origins, changes));
      quietMillis = result.whole;
      if (round > 0) results[at].push(result); // the first round warms up
      console.error(`round ${round}/${options.rounds}, ${phase.name}: longest ${longest(result.waits).toFixed(1)} ms`);
    }
  }
  report(quiet, results, options);
  if (client.failed > 0) console.error(`${client.failed} REQUESTS FAILED; the figures are not valid`);
  return client.failed > 0 ? 1 : 0;
}

async function reload({ child, file, client }: Place, text: string): Promise<Result> {
  writeFileSync(file, text);
  const before = child.output().match(RELOADED)?.length ?? 0;
  const cpuBefore = cpuTimeOf(child.pid);
  const start = performance.now();
  process.kill(child.pid, 'SIGHUP');
  while ((child.output().match(RELOADED)?.length ?? 0) === before) {
    if (performance.now() - start > RELOAD_MILLIS || child.hasExited())
      throw new Error(`no reload:\n${child.output()}`);
    await sleep(2);
  }
  const end = performance.now();
  // Wait for requests that have begun before the end.
  await sleep(200);
  const cpu = cpuTimeOf(child.pid);
  return {
    whole: end - start,
    applying: appliedIn(child.output()),
    cpu: (cpu.user + cpu.system - cpuBefore.user - cpuBefore.system) / 1000,
    waits: client.between(start, end),
  };
}

/** A configuration of one tenant that gets requests, and of others, changed as `changes` says. */
function configuration(tenants: number, origins: readonly number[], changes: Changes): string {
  const services = origins.map((port, at) => `{ name: o${at}, url: "http://127.0.0.1:${port}" }`).join(', ');
  const lines = Array.from({ length: tenants - 1 }, (_, at) => {
    const timeout = `${60 + changes.all + (at === 7 ? changes.one * 100 : 0)}s`;
    const domains = [`t${at}.example.com`, ...(at === 8 ? [`other${changes.route}.example.com`] : [])].join(', ');
    return `  - { name: t${at}, domains: [${domains}], timeouts: { idle: ${timeout} }, services: [${services}] }\n`;
  });
  return `tenants:\n  - { name: asked, path_prefix: "/asked/", services: [${services}] }\n${lines.join('')}`;
}

function longest(waits: readonly number[]): number {
  return waits.reduce((most, wait) => Math.max(most, wait), 0);
}

function report(
  quiet: readonly (readonly number[])[],
  results: readonly (readonly Result[])[],
  options: Options,
): void {
  const rows = PHASES.map(({ name }, at) => {
    const of = (pick: (result: Result) => number): number => median(results[at].map(pick));
    const times = [of(({ whole }) => whole / 1000), of(({ applying }) => applying), of(({ cpu }) => cpu)];
    return [
      name,
      figure(times[0], 2),
      figure(times[1], 0),
      figure(times[2], 0),
      ...waitsOf(results[at].map(({ waits }) => waits)),
    ];
  });
  const columns = ['meanwhile', 'in force after s', 'of that applying ms', 'CPU ms', 'p50 ms', 'p99 ms', 'longest ms'];
  const table = markdownTable(columns, [['nothing', '', '', '', ...waitsOf(quiet)], ...rows]);
  const text = [...preamble(options), ...table, ''].join('\n');
  console.log(text);
  mkdirSync(options.output, { recursive: true });
  writeFileSync(join(options.output, 'reload.md'), text);
}

// The longest wait, too, is the median over the rounds, so that a stall by another program of the machine does not count.
function waitsOf(rounds: readonly (readonly number[])[]): readonly string[] {
  const sorted = rounds.map((waits) => waits.toSorted((a, b) => a - b));
  return [0.5, 0.99, 1].map((share) => median(sorted.map((waits) => percentileOf(waits, share))).toFixed(2));
}

function figure(value: number, digits: number): string {
  return Number.isNaN(value) ? '' : value.toFixed(digits);
}

function preamble({ rounds, tenants }: Options): readonly string[] {
  const command = ['npm run bench:reload', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)];
  return [
    '# How long requests wait during a reload',
    '',
    `Written by \`${command.join(' ')}\` on ${new Date().toISOString().slice(0, 10)}; CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores), kernel ${release().split('-')[0]}.`,
    '',
    `- ${tenants} tenants with three backends each. Meanwhile a client asks one of them over ${CONNECTIONS} kept connections, each about a thousand times a second at the most. Medians of ${rounds} rounds, of the longest waits as well.`,
    `- Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)} on ${cpus().length} cores; above 3 something else is running, and single figures mean little.`,
    '- The file is read and compiled in a process of its own, which takes a core for itself meanwhile. Applying is what comes then, in slices between which requests are served.',
    '- CPU is that of the gateway and the process that reads.',
    '',
  ];
}
