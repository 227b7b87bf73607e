// The latency of each proxy at a fixed rate of requests, in the middle and in the tail.
import { assignCores, type Cores } from './lib/cpu.ts';
import { gateway } from './lib/gateway-program.ts';
import { describeMachine } from './lib/machine.ts';
import { type Effort, measure, type Row } from './lib/measure.ts';
import { type Origins, startOrigins } from './lib/origins.ts';
import { findProgram, openStage, type Stage } from './lib/processes.ts';
import { installedPeers, PREFIX, type RunningProgram, startProxy } from './lib/proxies.ts';
import { byRound, complaints, markdownTable, type Outcome, save } from './lib/report.ts';
import { runSteadyLoad, STEADY_METHOD } from './lib/steady-load.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:latency -- [options]

  --rate-64k N       requests per second for bodies of 64 KiB, default 6000
  --rate-1k N        the same for bodies of 1 KiB, default 12000
  --rounds N         rounds for each program, default 8
  --seconds N        length of a round, default 3
  --warm-up N        seconds before the first round, default 3
  --connections N    default 50
  --only A,B         programs to run, of nginx, haproxy, caddy and keystone; default nginx,haproxy,keystone
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --also NAME=COMMAND  compare with another build of the gateway, in any case
  --output DIR       where latency.md and latency.json go, default bench/results`;

const REFERENCES = ['nginx', 'haproxy'];
// A program that cannot keep up has a queue, and no latency worth the name.
const LEAST_SHARE_OF_RATE = 0.95;

type Rate = { readonly name: '64k' | '1k'; readonly size: string; readonly rate: number };
type Options = {
  readonly rates: readonly Rate[];
  readonly effort: Effort;
  readonly only: readonly string[];
  readonly gateway: string;
  readonly also: string;
  readonly output: string;
};
type Place = { readonly stage: Stage; readonly cores: Cores; readonly running: readonly RunningProgram[] };

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, {
    'rate-64k': '6000',
    'rate-1k': '12000',
    rounds: '8',
    seconds: '3',
    'warm-up': '3',
    connections: '50',
    only: 'nginx,haproxy,keystone',
    also: '',
  });
  const rates: readonly Rate[] = [
    { name: '64k', size: '64 KiB', rate: words.count('rate-64k') },
    { name: '1k', size: '1 KiB', rate: words.count('rate-1k') },
  ];
  const effort = {
    rounds: words.count('rounds'),
    seconds: words.count('seconds'),
    warmUpSeconds: words.count('warm-up'),
    connections: words.count('connections'),
  };
  const [only, own, also, output] = [words.list('only'), words.of('gateway'), words.of('also'), words.of('output')];
  return { rates, effort, only, gateway: own, also, output };
}

async function main(options: Options): Promise<number> {
  if (findProgram('h2load') === null) throw new Error('h2load is not installed: it makes the load');
  await using stage = openStage();
  const cores = assignCores();
  const origins = await startOrigins(stage, { kind: null, core: cores.origins });
  const running = await startPrograms(stage, options, { cores, origins });
  const outcomes: Outcome[] = [];
  for (const rate of options.rates) {
    const outcome = await keepRate(rate, options.effort, { stage, cores, running });
    console.log(`\n${latencyTable(outcome)}\n`);
    outcomes.push(outcome);
  }
  const { effort, output } = options;
  const load = `Load by h2load with ${effort.connections} kept connections at a fixed rate. ${STEADY_METHOD}`;
  const machine = await describeMachine(stage, { effort, cores, origins, command: 'bench:latency', load });
  save({ machine, outcomes }, { output, name: 'latency' }, latencyTable);
  for (const complaint of complaints(outcomes)) console.error(complaint);
  return complaints(outcomes).length === 0 ? 0 : 1;
}

async function startPrograms(
  stage: Stage,
  options: Options,
  { cores, origins }: { readonly cores: Cores; readonly origins: Origins },
): Promise<readonly RunningProgram[]> {
  const at = options.also.indexOf('=');
  const [name, command] = [options.also.slice(0, at), options.also.slice(at + 1)];
  const also = at < 1 ? [] : [gateway(name, command)];
  const programs = [...installedPeers(), gateway('keystone', options.gateway), ...also];
  const running: RunningProgram[] = [];
  for (const program of programs.filter((one) => options.only.includes(one.name) || also.includes(one))) {
    running.push(await startProxy(stage, program, { origins: origins.ports, certificate: null, core: cores.proxies }));
  }
  return running;
}

async function keepRate({ name, size, rate }: Rate, effort: Effort, place: Place): Promise<Outcome> {
  const { stage, cores, running } = place;
  const { connections } = effort;
  const rows = await measure(running, {
    name,
    effort,
    pour: ({ baseUrl }, seconds) =>
      runSteadyLoad(stage, { url: `${baseUrl}${PREFIX}${name}`, rate, seconds, connections, core: cores.load }),
  });
  for (const { program, requestsPerSecond } of rows) {
    if (requestsPerSecond < LEAST_SHARE_OF_RATE * rate)
      console.error(`${name}: ${program} DID NOT KEEP UP with ${rate} requests a second; choose a lower rate`);
  }
  return { scenario: { name, title: `${size} at ${rate} requests a second`, references: REFERENCES }, rows };
}

function latencyTable({ scenario, rows }: Outcome): string {
  const references = rows.filter(({ program }) => scenario.references.includes(program));
  const columns = ['program', 'req/s', 'CPU/request µs', 'p50 ms', 'p99 ms', 'p99.9 ms'];
  const ratios = references.flatMap(({ program }) => [`CPU to ${program}`, `p99 to ${program}`]);
  const lines = rows.map((row) => [...cells(row), ...references.flatMap((reference) => ratiosTo(reference, row))]);
  const title = `### ${scenario.title} (\`${scenario.name}\`)`;
  return [title, '', ...markdownTable([...columns, ...ratios], lines)].join('\n');
}

function cells({ program, requestsPerSecond, cpu, p50, p99, p999, errors }: Row): readonly string[] {
  const name = errors === 0 ? program : `${program} (${errors} ERRORS)`;
  const millis = [p50, p99, p999].map((micros) => (micros / 1000).toFixed(2));
  return [name, requestsPerSecond.toFixed(0), cpu.toFixed(1), ...millis];
}

function ratiosTo(reference: Row, row: Row): readonly string[] {
  return [byRound(row.costs, reference.costs), byRound(row.p99s, reference.p99s)].map((ratio) => ratio.toFixed(2));
}
