// Does a healthy client notice those who are slow on purpose? Its latency beside each attack of slowhttptest, and without.
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
type Attack = { readonly name: string; readonly flags: readonly string[]; readonly path: string };
type Phase = { readonly name: string; readonly attack: Attack | null; readonly isSameTenant: boolean };
type Place = { readonly stage: Stage; readonly proxy: RunningProgram; readonly cores: Cores };

const USAGE = `npm run bench:slow-clients -- [options]

  --rounds N         of all phases, default 4
  --seconds N        length of a phase, default 4
  --slow N           slow connections, default 500
  --healthy N        connections of the healthy client, default 4
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where slow-clients.md goes, default bench/results`;

// A byte now and then: a head that never ends, a body that never ends, a response that is hardly read.
const ATTACKS: readonly Attack[] = [
  { name: 'slow heads (slowhttptest -H)', flags: ['-H', '-i', '1'], path: '1k' },
  { name: 'slow bodies (-B)', flags: ['-B', '-i', '1', '-s', '8192'], path: 'upload' },
  { name: 'slow readers (-X)', flags: ['-X', '-w', '256', '-y', '512', '-n', '1', '-z', '32'], path: '1m' },
];
const PHASES: readonly Phase[] = [
  { name: 'nobody is slow', attack: null, isSameTenant: false },
  ...ATTACKS.map((attack) => ({ name: `${attack.name} of another tenant`, attack, isSameTenant: false })),
  ...ATTACKS.map((attack) => ({ name: `${attack.name} of the same tenant`, attack, isSameTenant: true })),
];
// The tenant beside the one that is measured.
const OTHER = 'http://tenant-0.example.com/api-0/';
const ALLOWED = 2;
// For the slow connections to be open before anything is measured.
const ASSEMBLY_MILLIS = 2000;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { rounds: '4', seconds: '4', slow: '500', healthy: '4' });
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
  // nginx would answer an upload before its body has come, and the attack would be over.
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
  await new Promise((resolve) => setTimeout(resolve, ASSEMBLY_MILLIS));
  if (attacker?.hasExited() === true) throw new Error(`slowhttptest ended too early:\n${attacker.output()}`);
  const { seconds, healthy: connections } = options;
  const url = `${proxy.baseUrl}${PREFIX}1k`;
  const result = await runLoad(stage, { url, seconds, connections, core: cores.load });
  await attacker?.stop();
  return result;
}

function beginAttack(attack: Attack, isSameTenant: boolean, { stage, proxy, cores }: Place, options: Options): Child {
  const life = options.seconds + ASSEMBLY_MILLIS / 1000 + 2;
  const target = isSameTenant ? ['-u', proxy.baseUrl + PREFIX + attack.path] : ['-u', OTHER + attack.path];
  // The gateway as its proxy: the only way to make it ask for another host than it connects to.
  if (!isSameTenant) target.push('-d', new URL(proxy.baseUrl).host);
  const load = ['-c', options.slow, '-r', options.slow, '-l', life, '-p', life].map(String);
  return stage.start({ argv: ['slowhttptest', ...attack.flags, ...load, ...target], core: cores.load });
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
    ({ isSameTenant }, at) => isSameTenant || (of(at, ({ p99 }) => p99) <= ALLOWED * idle && rows[at].at(-1) === '0'),
  );
  if (!isGood)
    console.error(`NOT GOOD: another tenant's slow clients cost errors, or more than ${ALLOWED} times the p99`);
  return isGood ? 0 : 1;
}

// wrk tells no latency where hardly a request was answered.
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
    `- Beside it slowhttptest holds ${slow} connections, on the core of wrk and the origins, and takes its share of that core.`,
    '- The gateway closes slow bodies after 5 s (`limits.min_body_rate`). Those and slow readers of one tenant may take all places at its backends meanwhile (`pool.max_connections`: here 3 × 100); other tenants have places of their own.',
    '',
  ];
}
