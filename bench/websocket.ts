// Measures the processor time of a WebSocket message in each proxy.
import { fileURLToPath } from 'node:url';
import { assignCores, type Cores } from './lib/cpu.ts';
import { gateway } from './lib/gateway-program.ts';
import type { LoadResult } from './lib/load.ts';
import { describeMachine } from './lib/machine.ts';
import { type Effort, measure } from './lib/measure.ts';
import { startOrigins } from './lib/origins.ts';
import { openStage, type Stage } from './lib/processes.ts';
import { installedPeers, PREFIX, type RunningProgram, startProxy } from './lib/proxies.ts';
import { complaints, type Outcome, save, scenarioTable } from './lib/report.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:websocket -- [options]

  --rounds N         rounds for each program, default 8
  --seconds N        length of a round, default 3, at least 2
  --warm-up N        seconds before the first round, default 3
  --connections N    default 50
  --only A,B         programs to run, of nginx, haproxy, caddy and keystone; default nginx,haproxy,keystone
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where websocket.md and websocket.json go, default bench/results`;

const SIZES = [
  { name: '64b', title: 'Messages of 64 B', bytes: 64 },
  { name: '16k', title: 'Messages of 16 KiB', bytes: 16_384 },
] as const;

type Options = {
  readonly effort: Effort;
  readonly only: readonly string[];
  readonly gateway: string;
  readonly output: string;
};
type Size = (typeof SIZES)[number];
type Place = { readonly stage: Stage; readonly cores: Cores; readonly running: readonly RunningProgram[] };

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, {
    rounds: '8',
    seconds: '3',
    'warm-up': '3',
    connections: '50',
    only: 'nginx,haproxy,keystone',
  });
  const effort = {
    rounds: words.count('rounds'),
    seconds: words.count('seconds', 2),
    warmUpSeconds: words.count('warm-up'),
    connections: words.count('connections'),
  };
  return { effort, only: words.list('only'), gateway: words.of('gateway'), output: words.of('output') };
}

async function main(options: Options): Promise<number> {
  await using stage = openStage();
  const cores = assignCores();
  const origins = await startOrigins(stage, { kind: 'bun', core: cores.origins });
  const programs = [...installedPeers(), gateway('keystone', options.gateway)];
  const running: RunningProgram[] = [];
  for (const program of programs.filter(({ name }) => options.only.includes(name))) {
    const setup = { origins: origins.ports, certificate: null, core: cores.proxies };
    running.push(await startProxy(stage, program, setup));
  }
  const outcomes: Outcome[] = [];
  for (const size of SIZES) {
    const outcome = await echo(size, options.effort, { stage, cores, running });
    console.log(`\n${scenarioTable(outcome)}\n`);
    outcomes.push(outcome);
  }
  const { effort } = options;
  const load = `Load by Bun's WebSocket with ${effort.connections} connections, each of which sends a message when the last one has come back. A message there and one back count as two.`;
  const machine = await describeMachine(stage, { effort, cores, origins, command: 'bench:websocket', load });
  save({ machine, outcomes }, { output: options.output, name: 'websocket' });
  for (const complaint of complaints(outcomes)) console.error(complaint);
  return complaints(outcomes).length === 0 ? 0 : 1;
}

async function echo({ name, title, bytes }: Size, effort: Effort, { stage, cores, running }: Place): Promise<Outcome> {
  const program = fileURLToPath(new URL('./lib/websocket-load.ts', import.meta.url));
  const pour = async (proxy: RunningProgram, seconds: number): Promise<LoadResult> => {
    const url = `${proxy.baseUrl.replace('http', 'ws')}${PREFIX}websocket`;
    const sizes = [effort.connections, bytes, seconds].map(String);
    return JSON.parse(await stage.run({ argv: [process.execPath, program, url, ...sizes], core: cores.load }));
  };
  const rows = await measure(running, { name, effort, pour });
  return { scenario: { name, title, references: ['nginx', 'haproxy'], unit: 'message' }, rows };
}
