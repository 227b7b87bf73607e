// Measures how long the metrics of ten thousand tenants take to be told, and how long requests wait meanwhile.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignCores, cpuTimeOf } from './lib/cpu.ts';
import { waitUntilServing } from './lib/network.ts';
import { freePort } from '../test/support/ports.ts';
import { startOrigins } from './lib/origins.ts';
import { openStage } from './lib/processes.ts';
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

/** One answer to a scrape. Times in milliseconds. */
type Scrape = {
  readonly took: number;
  readonly cpu: number;
  readonly bytes: number;
  readonly waits: readonly number[];
};

const USAGE = `npm run bench:scrape -- [options]

  --rounds N         scrapes, default 10
  --tenants N        each with two backends, default 10000
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where scrape.md goes, default bench/results`;

const CONNECTIONS = 4;
const BODY = 1024;
/** Tenants that have had traffic. */
const BUSY = 500;
const QUIET_MILLIS = 1000;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { rounds: '10', tenants: '10000' });
  const { rounds, tenants } = { rounds: words.count('rounds'), tenants: words.count('tenants', BUSY + 1) };
  return { rounds, tenants, gateway: words.of('gateway'), output: words.of('output') };
}

async function main(options: Options): Promise<number> {
  await using stage = openStage();
  const { ports: origins } = await startOrigins(stage, { kind: null, core: assignCores().origins });
  const file = join(stage.directory, 'keystone.yaml');
  const [port, admin] = [freePort(), freePort()];
  writeFileSync(file, configuration(options.tenants, origins, admin));
  const fill = (word: string): string => word.replaceAll('{config}', file).replaceAll('{port}', String(port));
  const child = stage.start({ argv: options.gateway.trim().split(/\s+/).map(fill), core: null });
  const url = new URL(`http://127.0.0.1:${port}/asked/1k`);
  await waitUntilServing(child, url.href, BODY);
  for (let tenant = 0; tenant < BUSY; tenant++)
    await (await fetch(`http://127.0.0.1:${port}/1k`, { headers: { host: `t${tenant}.example.com` } })).arrayBuffer();
  using client = new SteadyClient(url, BODY, CONNECTIONS);
  const quietFrom = performance.now();
  await sleep(QUIET_MILLIS);
  const quiet = client.between(quietFrom, performance.now());
  const scrapes: Scrape[] = [];
  for (let round = 0; round < options.rounds; round++) {
    scrapes.push(await scrape(admin, child.pid, client));
    await sleep(200);
  }
  report(quiet, scrapes, options);
  if (client.failed > 0) console.error(`${client.failed} REQUESTS FAILED; the figures are not valid`);
  return client.failed > 0 ? 1 : 0;
}

async function scrape(admin: number, pid: number, client: SteadyClient): Promise<Scrape> {
  const before = cpuTimeOf(pid);
  const start = performance.now();
  const bytes = (await (await fetch(`http://127.0.0.1:${admin}/metrics`)).arrayBuffer()).byteLength;
  const end = performance.now();
  const { user, system } = cpuTimeOf(pid);
  await sleep(100); // requests that have begun meanwhile
  const cpu = (user + system - before.user - before.system) / 1000;
  return { took: end - start, cpu, bytes, waits: client.between(start, end) };
}

function configuration(tenants: number, origins: readonly number[], admin: number): string {
  const two = [0, 1]
    .map((at) => `{ name: o${at}, url: "http://127.0.0.1:${origins[at % origins.length]}" }`)
    .join(', ');
  const lines = Array.from(
    { length: tenants - 1 },
    (_, at) => `  - { name: t${at}, domains: [t${at}.example.com], services: [${two}] }\n`,
  );
  const own = `  - { name: asked, path_prefix: "/asked/", services: [${two}] }\n`;
  return `admin: { address: "127.0.0.1:${admin}" }\ntenants:\n${own}${lines.join('')}`;
}

function report(quiet: readonly number[], scrapes: readonly Scrape[], options: Options): void {
  const row = (name: string, those: readonly Scrape[]): readonly string[] => {
    const waits = those.flatMap((one) => one.waits);
    return [
      name,
      median(those.map(({ took }) => took)).toFixed(0),
      median(those.map(({ cpu }) => cpu)).toFixed(0),
      (median(those.map(({ bytes }) => bytes)) / 1024 ** 2).toFixed(1),
      ...waitsOf(waits),
    ];
  };
  const [first, ...others] = scrapes;
  const rows = [
    ['none', '', '', '', ...waitsOf(quiet)],
    row('the first', first === undefined ? [] : [first]),
    row(`${others.length} others`, others),
  ];
  const table = markdownTable(['scrape', 'took ms', 'CPU ms', 'MiB', 'request p50 ms', 'p99', 'longest'], rows);
  const text = `# Metrics of many tenants

Written by \`npm run bench:scrape\` on ${new Date().toISOString().slice(0, 10)}.

${options.tenants} tenants with two backends each, of which ${BUSY} have had a request; medians of the scrapes. CPU is that of all processes of the gateway, the requests included. Requests: of ${CONNECTIONS} connections, one after the other, while the metrics are told. Load of the machine: ${(loadavg()[0] ?? 0).toFixed(1)} on ${cpus().length} cores; above 2 something else was running.

${table.join('\n')}
`;
  console.log(text);
  mkdirSync(options.output, { recursive: true });
  writeFileSync(join(options.output, 'scrape.md'), text);
}

function waitsOf(waits: readonly number[]): readonly string[] {
  const sorted = waits.toSorted((one, other) => one - other);
  return [percentileOf(sorted, 0.5), percentileOf(sorted, 0.99), sorted.at(-1) ?? 0].map((value) => value.toFixed(1));
}
