// Measures what an access log costs: CPU per request with a line of JSON for each and without, beside nginx and HAProxy.
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { assignCores, cpuTimeOf } from './lib/cpu.ts';
import { gateway } from './lib/gateway-program.ts';
import { runLoad } from './lib/load.ts';
import { startOrigins } from './lib/origins.ts';
import { openStage } from './lib/processes.ts';
import { PREFIX, type Program, type RunningProgram, installedPeers, startProxy } from './lib/proxies.ts';
import { markdownTable } from './lib/report.ts';
import { median, minimum } from './lib/statistics.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:access-log -- [options]

  --rounds N         default 10
  --seconds N        of each load, default 3
  --only A,B         some of keystone, nginx, haproxy; default all
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where access-log.md goes, default bench/results`;

const CONNECTIONS = 50;
const AGENT = [['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0']] as const;

/** A program without a log, and another one with it. Microseconds of CPU per request in each round. */
type Pair = {
  readonly name: string;
  readonly plain: RunningProgram;
  readonly logging: RunningProgram;
  readonly without: number[];
  readonly with: number[];
  readonly file: string;
};

const words = readWords(USAGE, { rounds: '10', seconds: '3', only: 'keystone,nginx,haproxy' });
const rounds = words.count('rounds');
const seconds = words.count('seconds');
await using stage = openStage();
const cores = assignCores();
const { ports: origins } = await startOrigins(stage, { kind: null, core: cores.origins });
// Takes what HAProxy sends, and nothing more.
const sink = await Bun.udpSocket({ hostname: '127.0.0.1', port: 0 });
const programs = [gateway('keystone', words.of('gateway')), ...installedPeers()];
const pairs: Pair[] = [];
for (const program of programs.filter(({ name }) => words.list('only').includes(name)))
  pairs.push(await start(program));
// The first round warms up.
for (let round = 0; round <= rounds; round++)
  for (const pair of pairs) {
    // In turn, so that neither is always the one that comes second.
    const first = round % 2 === 0;
    const one = await costOf(first ? pair.plain : pair.logging);
    const other = await costOf(first ? pair.logging : pair.plain);
    if (round === 0) continue;
    pair.without.push(first ? one : other);
    pair.with.push(first ? other : one);
  }
sink.close();
report();

async function start(program: Program): Promise<Pair> {
  const place = { origins, certificate: null, core: cores.proxies };
  const file = join(stage.directory, `${program.name}.log`);
  const plain = await startProxy(stage, program, place);
  const logging = await startProxy(stage, program, { ...place, logsTo: { file, udpPort: sink.port } });
  return { name: program.name, plain, logging, without: [], with: [], file };
}

async function costOf({ child, baseUrl }: RunningProgram): Promise<number> {
  const before = cpuTimeOf(child.pid);
  const load = { url: `${baseUrl}${PREFIX}1k`, seconds, connections: CONNECTIONS, core: cores.load, fields: AGENT };
  const { requests, errors } = await runLoad(stage, load);
  const after = cpuTimeOf(child.pid);
  if (errors > 0 || requests === 0) throw new Error(`${errors} requests have failed:\n${child.output()}`);
  return (after.user + after.system - before.user - before.system) / requests;
}

function report(): void {
  const rows = pairs.map(({ name, without, with: logging, file }) => {
    const [least, usual] = [minimum(logging) - minimum(without), median(logging) - median(without)];
    const size = name === 'haproxy' ? '' : (statSync(file).size / 1024 ** 2).toFixed(0);
    return [
      name,
      minimum(without).toFixed(1),
      minimum(logging).toFixed(1),
      `${least.toFixed(1)} (${share(least, minimum(logging))})`,
      median(without).toFixed(1),
      median(logging).toFixed(1),
      `${usual.toFixed(1)} (${share(usual, median(logging))})`,
      size,
    ];
  });
  const columns = ['program', 'without: min', 'with', 'the log', 'without: median', 'with', 'the log', 'file MiB'];
  const text = `# What an access log costs

Written by \`npm run bench:access-log\` on ${new Date().toISOString().slice(0, 10)}: CPU per request in microseconds, 1 KiB over ${CONNECTIONS} kept connections, ${rounds} rounds of ${seconds} s; each program twice, with a line of JSON of the same fields for each request and without one, in turn. The gateway and nginx write to a file, HAProxy, which writes none, to a port of UDP. In brackets: the part of all CPU of a request. CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores). Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)}; above 3 something else is running.

${markdownTable(columns, rows).join('\n')}
`;
  console.log(text);
  mkdirSync(words.of('output'), { recursive: true });
  writeFileSync(join(words.of('output'), 'access-log.md'), text);
}

function share(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(0)} %`;
}
