// Measures what several processes cost and how fast they are there: memory, start, the place of one that is killed, CPU per
// request, and a change of one of ten thousand tenants.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignCores, cpuTimeOf, partsOf } from './lib/cpu.ts';
import { runLoad } from './lib/load.ts';
import { waitUntilServing } from './lib/network.ts';
import { freePort } from '../test/support/ports.ts';
import { startOrigins } from './lib/origins.ts';
import { type Child, openStage } from './lib/processes.ts';
import { appliedIn } from './lib/reload-times.ts';
import { markdownTable } from './lib/report.ts';
import { median, minimum } from './lib/statistics.ts';
import { SteadyClient } from './lib/steady-client.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:workers -- [options]

  --rounds N         default 5
  --tenants N        of the large configuration, each with three backends; default 10000
  --workers N        of several, default 2
  --only A,B         of memory, killed, cpu and large; default all
  --program FILE     what is measured, default bin/keystone; an executable starts in half of the time
  --output DIR       where workers.md goes, default bench/results`;

const WORKER = 'keystone worker';
const READER = 'config-reader';
const BODY = 1024;
const FEW = 10;
const STEP = 5;
const REST = 5000;
const LONGEST = 120_000;
// As many clients that come when a process has been killed, so that some are its own.
const NEWCOMERS = 24;
const LOAD = { seconds: 3, connections: 50 };
// Until what is hot has been compiled in each of the processes.
const WARM_UP = 12;

type Gateway = {
  readonly child: Child;
  readonly url: URL;
  readonly file: string;
  /** From the start to the first answer, and from the end of the process that reads the configuration; NaN: there was none. */
  readonly answeredAfter: number;
  readonly afterParse: number;
};

/** As many processes serve, in one of the ways to have them. */
type Way = { readonly who: string; readonly gateways: readonly Gateway[]; readonly costs: number[] };

type Figure = { readonly what: string; readonly value: string };

const OWN = resolve(import.meta.dir, '../bin/keystone');
const words = readWords(USAGE, {
  rounds: '5',
  tenants: '10000',
  workers: '2',
  program: OWN,
  only: 'memory,killed,cpu,large',
});
const [rounds, tenants, workers] = [words.count('rounds'), words.count('tenants', 2), words.count('workers', 2)];
await using stage = openStage();
const cores = assignCores();
const { ports: origins } = await startOrigins(stage, { kind: null, core: cores.origins });
const figures: Figure[] = [];
const measures: Readonly<Record<string, () => Promise<void>>> = { memory: small, killed, cpu, large };
for (const [name, measure] of Object.entries(measures)) if (words.list('only').includes(name)) await measure();
report();

/** Memory and start with ten tenants. */
async function small(): Promise<void> {
  for (const count of [1, workers]) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const gateway = await start(FEW, count);
      times.push(gateway.answeredAfter);
      if (round === rounds - 1) {
        await runLoad(stage, { url: gateway.url.href, core: null, ...LOAD });
        await sleep(REST);
        tellMemory(gateway, `${FEW} tenants, ${count} serving`);
      }
      await gateway.child.stop();
    }
    tell(`start to first answer, ${FEW} tenants, ${count} serving`, `${median(times).toFixed(0)} ms`);
  }
}

/** How long those wait whose process has been killed. */
async function killed(): Promise<void> {
  for (const spare of [true, false]) {
    const gateway = await start(FEW, workers, `supervise: { max_deaths: 1000, spare: ${spare} }\n`);
    const waits: number[] = [];
    const quiet: number[] = [];
    for (let round = 0; round < 2 * rounds; round++) {
      await sleep(1500);
      quiet.push(await slowest(gateway.url));
      const worker = partsOf(gateway.child.pid).find(({ name }) => name === WORKER);
      if (worker !== undefined) process.kill(worker.pid, 'SIGKILL');
      waits.push(await slowest(gateway.url));
    }
    await gateway.child.stop();
    const whom = spare ? 'with a spare one' : 'without';
    if (spare) tell(`slowest of ${NEWCOMERS} new clients`, `median ${median(quiet).toFixed(0)} ms`);
    const value = `median ${median(waits).toFixed(0)} ms, longest ${Math.max(...waits).toFixed(0)} ms`;
    tell(`slowest of ${NEWCOMERS} when a worker is killed, ${whom}`, value);
  }
}

function slowest(url: URL): Promise<number> {
  return Promise.all(Array.from({ length: NEWCOMERS }, () => firstAnswer(url))).then((waits) => Math.max(...waits));
}

/** All processes of a gateway have one core, and the load another one: otherwise several would have more to themselves. Taking
 * turns on a core costs processes a part of its caches, so as many gateways that have nothing in common are measured too. */
async function cpu(): Promise<void> {
  const one = await start(FEW, 1, '', cores.proxies);
  const several = await start(FEW, workers, '', cores.proxies);
  const others: Gateway[] = [];
  while (others.length < workers - 1) others.push(await start(FEW, 1, '', cores.proxies));
  const ways: readonly Way[] = [
    { who: 'one process', gateways: [one], costs: [] },
    { who: `${workers} workers`, gateways: [several], costs: [] },
    { who: `${workers} gateways that share nothing`, gateways: [one, ...others], costs: [] },
  ];
  for (const { gateways } of ways) await costOf(gateways, WARM_UP);
  for (let round = 0; round < 2 * rounds; round++)
    for (const { gateways, costs } of ways) costs.push(await costOf(gateways, LOAD.seconds));
  await Promise.all([one, several, ...others].map(({ child }) => child.stop()));
  for (const { who, costs } of ways) {
    const of = (pick: (values: readonly number[]) => number): string =>
      `${pick(costs).toFixed(1)} µs, ${(pick(costs) / pick(ways[0]?.costs ?? [])).toFixed(3)}`;
    tell(`CPU per request, ${who}`, `medians ${of(median)}; minima ${of(minimum)}`);
  }
}

// The same connections in all: each of several gateways has its part of them.
async function costOf(gateways: readonly Gateway[], seconds: number): Promise<number> {
  const spent = (): number[] => gateways.map(({ child }) => sumOf(cpuTimeOf(child.pid)));
  const before = spent();
  const connections = Math.round(LOAD.connections / gateways.length);
  const loads = await Promise.all(
    gateways.map(({ url }) => runLoad(stage, { url: url.href, core: cores.load, connections, seconds })),
  );
  const cost = spent().reduce((sum, after, at) => sum + after - (before[at] ?? 0), 0);
  return cost / loads.reduce((sum, { requests }) => sum + requests, 0);
}

function sumOf({ user, system }: ReturnType<typeof cpuTimeOf>): number {
  return user + system;
}

/** Ten thousand tenants: memory, start, and a change of one of them. */
async function large(): Promise<void> {
  const gateway = await start(tenants, workers);
  const name = `${tenants} tenants`;
  tell(`start to first answer, ${name}`, `${(gateway.answeredAfter / 1000).toFixed(1)} s`);
  tell(`of that, after the parse`, `${gateway.afterParse.toFixed(0)} ms`);
  await sleep(4 * REST);
  tellMemory(gateway, `${name}, ${workers} serving`);
  const longest: number[] = [];
  const quiet: number[] = [];
  const applied: number[] = [];
  using client = new SteadyClient(gateway.url, BODY, 4);
  for (let round = 0; round <= rounds; round++) {
    const from = performance.now();
    await sleep(3000);
    const begin = performance.now();
    applied.push(await changeOne(gateway, round));
    await sleep(200);
    if (round === 0) continue; // it warms up
    quiet.push(Math.max(...client.between(from, begin)));
    longest.push(Math.max(...client.between(begin, performance.now())));
  }
  await gateway.child.stop();
  tell(`one changed tenant of ${tenants} in force, after the parse`, `${median(applied.slice(1)).toFixed(0)} ms`);
  tell('longest delay of a request meanwhile, median of rounds', `${median(longest).toFixed(1)} ms`);
  tell('the same while nothing is changed', `${median(quiet).toFixed(1)} ms`);
  if (client.failed > 0) throw new Error(`${client.failed} requests have failed`);
}

async function changeOne({ child, file }: Gateway, round: number): Promise<number> {
  writeFileSync(file, configuration(tenants, 70 + round));
  const before = child.output().split('configuration reloaded').length;
  const began = performance.now();
  process.kill(child.pid, 'SIGHUP');
  while (child.output().split('configuration reloaded').length === before) {
    if (performance.now() - began > LONGEST) throw new Error(`no reload:\n${child.output()}`);
    await sleep(STEP);
  }
  return appliedIn(child.output());
}

function tellMemory({ child }: Gateway, what: string): void {
  const parts = partsOf(child.pid).map(({ name, share }) => `${name}: ${(share / 1024 ** 2).toFixed(0)}`);
  const total = partsOf(child.pid).reduce((sum, { share }) => sum + share, 0) / 1024 ** 2;
  tell(`memory (PSS) in MiB, ${what}`, `${total.toFixed(0)} (${parts.join(', ')})`);
}

async function start(count: number, serving: number, more = '', core: number | null = null): Promise<Gateway> {
  const port = freePort();
  const file = join(stage.directory, `keystone-${port}.yaml`);
  writeFileSync(file, `${more}${configuration(count, 70)}`);
  const address = `127.0.0.1:${port}`;
  const argv = [resolve(words.of('program')), 'run', '-c', file, '--addr', address, '--workers', String(serving)];
  const began = performance.now();
  const child = stage.start({ argv, core, environment: { XDG_STATE_HOME: stage.directory } });
  const url = new URL(`http://${address}/asked/1k`);
  const parsed = count === FEW ? Promise.resolve(Number.NaN) : parseEnd(child);
  await firstAnswer(url, child);
  const answered = performance.now();
  await waitUntilServing(child, url.href, BODY);
  return { child, url, file, answeredAfter: answered - began, afterParse: answered - (await parsed) };
}

// The configuration is read in a process of its own, the first that there is.
async function parseEnd(child: Child): Promise<number> {
  const reader = (): boolean => partsOf(child.pid).some(({ pid }) => wordsOf(pid).includes(READER));
  while (!reader()) await sleep(STEP);
  while (reader()) await sleep(STEP);
  return performance.now();
}

/** The command line of a process; none if it has ended. */
function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Asks over new connections until one is answered with 200; returns how long that took. */
async function firstAnswer(url: URL, child: Child | null = null): Promise<number> {
  const began = performance.now();
  for (;;) {
    if (await isAnswered(url)) return performance.now() - began;
    if (performance.now() - began > LONGEST || child?.hasExited() === true)
      throw new Error(`it does not answer: ${child?.output()}`);
    await sleep(1);
  }
}

// By a plain socket: twenty clients of the runtime's own at once take longer than what is measured.
function isAnswered({ hostname, port, pathname }: URL): Promise<boolean> {
  return new Promise((settle) => {
    const end = (): void => settle(false);
    const socket: Bun.SocketHandler = {
      open: (client) => void client.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`),
      data: (client, chunk) => {
        settle(chunk.toString('latin1').startsWith('HTTP/1.1 200 '));
        client.end();
      },
      close: end,
      error: end,
    };
    Bun.connect({ hostname, port: Number(port), socket }).catch(end);
  });
}

function configuration(count: number, timeout: number): string {
  const services = origins.map((port, at) => `{ name: o${at}, url: "http://127.0.0.1:${port}" }`).join(', ');
  const others = Array.from({ length: count - 1 }, (_, at) => {
    const idle = at === 7 ? `, timeouts: { idle: ${timeout}s }` : '';
    return `  - { name: t${at}, domains: [t${at}.example.com]${idle}, services: [${services}] }\n`;
  });
  return `admin: { address: none }\ntenants:\n  - { name: asked, path_prefix: "/asked/", services: [${services}] }\n${others.join('')}`;
}

function tell(what: string, value: string): void {
  console.error(`${what}: ${value}`);
  figures.push({ what, value });
}

function report(): void {
  const table = markdownTable(
    ['what', 'figure'],
    figures.map(({ what, value }) => [what, value]),
  );
  const text = `# Several processes

Written by \`npm run bench:workers\` on ${new Date().toISOString().slice(0, 10)}: ${workers} workers, a spare one, and the supervisor; ${rounds} rounds. CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores). Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)}; above 3 something else is running, and times mean little.

- Memory is PSS: a page that processes share counts as a part in each. With ten tenants it is taken after a load, with many at rest.
- Measured is ${words.of('program') === OWN ? 'the checkout' : 'an executable'}.
- The slowest of new clients: a worker is killed, and at the same moment as many clients connect, some of whom the system has wait for that worker.
- CPU per request: in turn, of all processes of the gateway, over ${LOAD.connections} connections that are kept. They all have one core, and load and origins another one. Beside it the ratio to one process. Gateways that share nothing, each with a part of the connections, show what several processes cost each other there whatever they are, by the caches of the core.
- A changed tenant: from the moment when the configuration has been read until all processes have it in force. Meanwhile four connections ask all the time.

${table.join('\n')}
`;
  console.log(text);
  mkdirSync(words.of('output'), { recursive: true });
  writeFileSync(join(words.of('output'), 'workers.md'), text);
}
