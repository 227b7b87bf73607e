// Measures whether a healthy client suffers from other clients that are slow on purpose or download much: its latency during
// each attack of slowhttptest, during large downloads, and without either.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { assignCores, type Cores } from './lib/cpu.ts';
import { gateway } from './lib/gateway-program.ts';
import { type LoadResult, runLoad } from './lib/load.ts';
import { startOrigins } from './lib/origins.ts';
import { type Child, findProgram, openStage, type Stage } from './lib/processes.ts';
import { PREFIX, type RunningProgram, startProxy } from './lib/proxies.ts';
import { markdownTable } from './lib/report.ts';
import { median } from './lib/statistics.ts';
import { readWords } from './lib/words.ts';

type Options = {
  readonly rounds: number;
  readonly seconds: number;
  readonly slow: number;
  readonly healthy: number;
  readonly gateway: string;
  readonly output: string;
};
/** `gateway`: where the client connects. `url`: what it asks for there, which may name another host. */
type Target = { readonly gateway: URL; readonly url: URL; readonly slow: number; readonly seconds: number };
type Attack = {
  readonly name: string;
  readonly path: string;
  /** Until all connections are open, and the kernel holds the first bytes that were sent to them. */
  readonly assemblySeconds: number;
  readonly argv: (target: Target) => readonly (string | number)[];
};
type Phase = { readonly name: string; readonly attack: Attack | null; readonly isSameTenant: boolean };
type Place = { readonly stage: Stage; readonly proxy: RunningProgram; readonly cores: Cores };

const USAGE = `npm run bench:slow-clients -- [options]

  --rounds N         of all phases, default 6
  --seconds N        length of a phase, default 2; from 3 on, slow clients are closed within it
  --slow N           slow connections, default 500
  --healthy N        connections of the healthy client, default 4
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where slow-clients.md goes, default bench/results`;

// Each sends or reads a byte now and then: a head that never ends, a body that never ends, a response that is hardly read.
const ATTACKS: readonly Attack[] = [
  slowAttack('slow heads (slowhttptest -H)', '1k', 2, ['-H', '-i', 1]),
  slowAttack('slow bodies (-B)', 'upload', 2, ['-B', '-i', 1, '-s', 8192]),
  slowAttack('slow readers (-X)', '1m', 5, ['-X', '-w', 256, '-y', 512, '-n', 1, '-z', 32]),
];
const DOWNLOADS: Attack = {
  name: '100 downloads of 8 MiB, as fast as may be,',
  path: '8m',
  assemblySeconds: 2,
  argv: ({ gateway: { origin }, url, seconds }) => [
    'wrk',
    '-t1',
    '-c100',
    `-d${seconds}s`,
    '-H',
    `Host: ${url.host}`,
    origin + url.pathname,
  ],
};
const PHASES: readonly Phase[] = [
  { name: 'nobody is slow', attack: null, isSameTenant: false },
  ...[...ATTACKS, DOWNLOADS].map((attack) => ({
    name: `${attack.name} of another tenant`,
    attack,
    isSameTenant: false,
  })),
  ...ATTACKS.map((attack) => ({ name: `${attack.name} of the same tenant`, attack, isSameTenant: true })),
];
// A tenant other than the one that is measured.
const OTHER = 'http://tenant-0.example.com/api-0/';
const ALLOWED = 2;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { rounds: '6', seconds: '2', slow: '500', healthy: '4' });
  return {
    rounds: words.count('rounds'),
    seconds: words.count('seconds'),
    slow: words.count('slow'),
    healthy: words.count('healthy'),
    gateway: words.of('gateway'),
    output: words.of('output'),
  };
}

async function main(options: Options): Promise<number> {
  for (const program of ['wrk', 'slowhttptest']) {
    if (findProgram(program) === null) throw new Error(`${program} is not installed`);
  }
  await using stage = openStage();
  const cores = assignCores();
  // nginx as origin would answer an upload before its body has come, which would end the attack.
  const origins = await startOrigins(stage, { kind: 'bun', core: cores.origins });
  const setup = { origins: origins.ports, certificate: null, core: cores.proxies };
  const proxy = await startProxy(stage, gateway('keystone', options.gateway, { tenants: 2 }), setup);
  const results = PHASES.map((): LoadResult[] => []);
  for (let round = 0; round <= options.rounds; round++) {
    for (const [at, phase] of PHASES.entries()) {
      const result = await measure(phase, { stage, proxy, cores }, options);
      if (round > 0) results[at].push(result); // the first round warms up
      console.error(`round ${round}/${options.rounds}, ${phase.name}: p99 ${(result.p99 / 1000).toFixed(2)} ms`);
    }
  }
  return report(results, options);
}

async function measure(phase: Phase, place: Place, options: Options): Promise<LoadResult> {
  const { stage, proxy, cores } = place;
  const attacker = phase.attack === null ? null : beginAttack(phase.attack, phase.isSameTenant, place, options);
  await new Promise((resolve) => setTimeout(resolve, 1000 * (phase.attack?.assemblySeconds ?? 2)));
  if (attacker?.hasExited() === true) throw new Error(`it ended too early:\n${attacker.output()}`);
  const { seconds, healthy: connections } = options;
  const url = `${proxy.baseUrl}${PREFIX}1k`;
  const result = await runLoad(stage, { url, seconds, connections, core: cores.load });
  await attacker?.stop();
  return result;
}

function slowAttack(name: string, path: string, assemblySeconds: number, flags: readonly (string | number)[]): Attack {
  return {
    name,
    path,
    assemblySeconds,
    argv({ gateway: { host }, url, slow: count, seconds }) {
      // Give slowhttptest the gateway as its proxy: only so does it ask for another host than it connects to.
      const way = url.host === host ? [] : ['-d', host];
      return ['slowhttptest', ...flags, '-c', count, '-r', count, '-l', seconds, '-p', seconds, '-u', url.href, ...way];
    },
  };
}

function beginAttack(attack: Attack, isSameTenant: boolean, { stage, proxy, cores }: Place, options: Options): Child {
  const seconds = attack.assemblySeconds + options.seconds + 2;
  const url = new URL((isSameTenant ? proxy.baseUrl + PREFIX : OTHER) + attack.path);
  const argv = attack.argv({ gateway: new URL(proxy.baseUrl), url, slow: options.slow, seconds });
  return stage.start({ argv: argv.map(String), core: cores.load });
}

function report(results: readonly (readonly LoadResult[])[], options: Options): number {
  const of = (at: number, pick: (result: LoadResult) => number): number => median(results[at].map(pick));
  const idle = of(0, ({ p99 }) => p99);
  const rows = PHASES.map(({ name }, at) => [
    name,
    of(at, ({ requestsPerSecond }) => requestsPerSecond).toFixed(0),
    figure(of(at, ({ p50 }) => p50) / 1000),
    figure(of(at, ({ p99 }) => p99) / 1000),
    figure(of(at, ({ p99 }) => p99) / idle),
    String(results[at].reduce((sum, { errors }) => sum + errors, 0)),
  ]);
  const table = markdownTable(['meanwhile', 'req/s', 'p50 ms', 'p99 ms', 'ratio of p99', 'errors'], rows);
  const text = [...preamble(options), ...table, ''].join('\n');
  console.log(text);
  mkdirSync(options.output, { recursive: true });
  writeFileSync(join(options.output, 'slow-clients.md'), text);
  const isGood = PHASES.every(
    ({ attack, isSameTenant }, at) =>
      isSameTenant || attack === DOWNLOADS || (of(at, ({ p99 }) => p99) <= ALLOWED * idle && rows[at].at(-1) === '0'),
  );
  if (!isGood)
    console.error(`NOT GOOD: another tenant's slow clients cost errors, or more than ${ALLOWED} times the p99`);
  return isGood ? 0 : 1;
}

// wrk reports no latency if hardly a request was answered.
function figure(value: number): string {
  return Number.isNaN(value) ? 'none' : value.toFixed(2);
}

function preamble({ rounds, seconds, slow, healthy }: Options): readonly string[] {
  const command = ['npm run bench:slow-clients', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)];
  return [
    '# A healthy client among slow ones',
    '',
    `Written by \`${command.join(' ')}\` on ${new Date().toISOString().slice(0, 10)}; CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores), kernel ${release().split('-')[0]}.`,
    '',
    `- Medians of ${rounds} rounds of ${seconds} s. The healthy client is wrk with ${healthy} kept connections that ask for 1 KiB.`,
    `- Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)} on ${cpus().length} cores; above 2 something else is running, and single figures mean little.`,
    `- Beside it slowhttptest holds ${slow} connections, on the core of wrk and the origins, and takes its share of that core. The gateway closes slow bodies after 5 s: from then on slowhttptest spins, and its time slices (4 ms) would be measured; so a phase ends before.`,
    '- Measured after 2 s of an attack, after 5 s of slow readers: 500 MiB go to the kernel before. Slow readers of answers beyond `limits.unsent_bytes` hold their places at the backends (`pool.max_connections`) until `limits.min_response_rate` ends them; other tenants have places of their own.',
    '- Downloads keep the core of wrk and the origins busy: a small request waits there too, so this row has no bar.',
    '',
  ];
}
