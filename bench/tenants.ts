// Measures the cost of many tenants: memory and time until the first answer, and memory after a reload.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignCores, type Cores, cpuTimeOf, type Memory, memoryOf } from './lib/cpu.ts';
import { gateway } from './lib/gateway-program.ts';
import { versions } from './lib/machine.ts';
import { type Origins, startOrigins } from './lib/origins.ts';
import { type Child, openStage, type Stage } from './lib/processes.ts';
import { type RunningProgram, startProxy } from './lib/proxies.ts';
import { markdownTable } from './lib/report.ts';
import { readWords } from './lib/words.ts';

type Options = { readonly tenants: readonly number[]; readonly gateway: string; readonly output: string };
type Place = { readonly stage: Stage; readonly cores: Cores; readonly origins: Origins };
/** The cost of one gateway. `reloaded`: after it has reloaded its configuration. */
type Cost = {
  readonly tenants: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly answered: Memory;
  readonly rested: Memory;
  readonly reloaded: Memory;
};

const BACKENDS = 3;
const USAGE = `npm run bench:tenants -- [options]

  --tenants A,B      how many, each with ${BACKENDS} backends; default 10,1000,10000
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where tenants.md goes, default bench/results`;

const REST_MILLIS = 20_000;
const RELOAD_MILLIS = 120_000;
const BAR_MEBIBYTES = 400;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { tenants: '10,1000,10000' });
  return { tenants: words.list('tenants').map(Number), gateway: words.of('gateway'), output: words.of('output') };
}

async function main(options: Options): Promise<number> {
  await using stage = openStage();
  const cores = assignCores();
  const origins = await startOrigins(stage, { kind: null, core: cores.origins });
  const costs: Cost[] = [];
  for (const tenants of options.tenants) {
    costs.push(await measure(tenants, options.gateway, { stage, cores, origins }));
  }
  const version = (await versions(stage)).filter((program) => program.startsWith('keystone'));
  return report(costs, version, options.output);
}

async function measure(tenants: number, command: string, place: Place): Promise<Cost> {
  const began = performance.now();
  const { child } = await start(tenants, command, place);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = cpuTimeOf(child.pid);
  const answered = memoryOf(child.pid);
  await sleep(REST_MILLIS);
  const rested = memoryOf(child.pid);
  await reload(child);
  await sleep(REST_MILLIS);
  const reloaded = memoryOf(child.pid);
  await child.stop();
  console.error(`${tenants}: ${seconds.toFixed(1)} s, ${mebibytes(answered.resident)} MiB`);
  return { tenants, seconds, cpuSeconds: (user + system) / 1e6, answered, rested, reloaded };
}

// Not pinned to a core: the configuration is read in another process, which may use another core, as in real use.
function start(tenants: number, command: string, { stage, origins }: Place): Promise<RunningProgram> {
  const program = gateway('keystone', command, { tenants, backends: BACKENDS });
  return startProxy(stage, program, { origins: origins.ports, certificate: null, core: null });
}

async function reload(child: Child): Promise<void> {
  process.kill(child.pid, 'SIGHUP');
  const deadline = Date.now() + RELOAD_MILLIS;
  while (!child.output().includes('configuration reloaded')) {
    if (Date.now() > deadline || child.hasExited()) throw new Error(`it did not reload:\n${child.output()}`);
    await sleep(50);
  }
}

function report(costs: readonly Cost[], circumstances: readonly string[], output: string): number {
  const table = markdownTable(
    ['tenants', 'first answer s', 'CPU s until then', 'RSS MiB', 'private', '20 s later', 'after a reload'],
    costs.map(({ tenants, seconds, cpuSeconds, answered, rested, reloaded }) => [
      String(tenants),
      seconds.toFixed(1),
      cpuSeconds.toFixed(1),
      ...[answered.resident, answered.private, rested.resident, reloaded.resident].map(mebibytes),
    ]),
  );
  const text = `# Memory and start of many tenants

Written by \`npm run bench:tenants\` on ${new Date().toISOString().slice(0, 10)}. ${circumstances.join('. ')}.

Each tenant has ${BACKENDS} backends, without health checks, and nobody asks for any but one. First answer: from the start of the program until a request to a tenant is answered with 200. RSS and private memory then; RSS ${REST_MILLIS / 1000} s later, and ${REST_MILLIS / 1000} s after a reload of the same file. All in MiB, of the gateway and the processes that it has then. Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)} on ${cpus().length} cores; above 2 something else was running, and only memory and CPU time can be compared.

${table.join('\n')}
`;
  console.log(text);
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'tenants.md'), text);
  const isWithin = costs.every(({ answered }) => answered.resident <= BAR_MEBIBYTES * 1024 ** 2);
  if (!isWithin) console.error(`ABOVE THE BAR: more than ${BAR_MEBIBYTES} MiB`);
  return isWithin ? 0 : 1;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}
