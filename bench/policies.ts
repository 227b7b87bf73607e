// Measures what policies cost: CPU per request of a gateway without any, with each of the usual ones, and with six of them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { assignCores, cpuTimeOf } from './lib/cpu.ts';
import { runLoad } from './lib/load.ts';
import { freePort, waitUntilServing } from './lib/network.ts';
import { startOrigins } from './lib/origins.ts';
import { type Child, openStage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { median, minimum } from './lib/statistics.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:policies -- [options]

  --rounds N         default 10
  --seconds N        of each load, default 2
  --only NAME,...    some of the lists alone; all, if absent
  --output DIR       where policies.md goes, default bench/results`;

const PROGRAM = resolve(import.meta.dir, '../bin/keystone');
const BODY = 1024;
const CONNECTIONS = 50;
// As a front end at another name asks.
const FIELDS = [
  ['Origin', 'https://app.example.com'],
  ['Cookie', 'session=0123456789abcdef'],
] as const;

const KINDS = {
  ip_access: { ip_access: { deny: ['192.0.2.0/24', '2001:db8::/32'] } },
  rate_limit: { rate_limit: { requests: 1_000_000, per: '1s' } },
  redirect: { redirect: { to: 'https://www.example.com{path}{query}' }, when: { hosts: ['old.example.com'] } },
  cors: { cors: { origins: ['https://app.example.com'], credentials: true } },
  headers: { headers: { request: { set: { 'X-Country': 'de' } }, response: { set: { 'Cache-Control': 'private' } } } },
  security_headers: { security_headers: {} },
} as const;

/** The lists that are compared, by their names. The first one is empty. */
const LISTS: Readonly<Record<string, readonly object[]>> = {
  none: [],
  ...Object.fromEntries(Object.entries(KINDS).map(([name, policy]) => [name, [policy]])),
  'all six': Object.values(KINDS),
};

type Gateway = { readonly child: Child; readonly url: URL; readonly costs: number[] };

const words = readWords(USAGE, { rounds: '10', seconds: '2', only: Object.keys(LISTS).join(',') });
const rounds = words.count('rounds');
const seconds = words.count('seconds');
const names = Object.keys(LISTS).filter((name) => name === 'none' || words.list('only').includes(name));
await using stage = openStage();
const cores = assignCores();
const { ports: origins } = await startOrigins(stage, { kind: null, core: cores.origins });
const gateways = new Map<string, Gateway>();
for (const name of names) gateways.set(name, await start(LISTS[name] ?? []));
// The first round warms up.
for (let round = 0; round <= rounds; round++)
  for (const { child, url, costs } of gateways.values()) {
    const before = cpuTimeOf(child.pid);
    const load = { url: url.href, seconds, connections: CONNECTIONS, core: cores.load, fields: FIELDS };
    const { requests, errors } = await runLoad(stage, load);
    const after = cpuTimeOf(child.pid);
    if (errors > 0) throw new Error(`${errors} requests have failed:\n${child.output()}`);
    if (round > 0) costs.push((after.user + after.system - before.user - before.system) / requests);
  }
report();

async function start(policies: readonly object[]): Promise<Gateway> {
  const port = await freePort();
  const services = origins.map((origin, at) => ({ name: `o${at}`, url: `http://127.0.0.1:${origin}` }));
  const tenant = { name: 'asked', path_prefix: '/asked/', services, policies };
  const file = join(stage.directory, `keystone-${port}.yaml`);
  writeFileSync(file, `admin: { address: none }\ntenants:\n  - ${JSON.stringify(tenant)}\n`);
  const argv = [PROGRAM, 'run', '-c', file, '--addr', `127.0.0.1:${port}`, '--workers', '1'];
  const child = stage.start({ argv, core: cores.proxies, environment: { XDG_STATE_HOME: stage.directory } });
  const url = new URL(`http://127.0.0.1:${port}/asked/1k`);
  await waitUntilServing(child, url.href, BODY);
  return { child, url, costs: [] };
}

function report(): void {
  const none = gateways.get('none')?.costs ?? [];
  const rows = Array.from(gateways, ([name, { costs }]) => [
    name,
    minimum(costs).toFixed(1),
    (minimum(costs) - minimum(none)).toFixed(1),
    median(costs).toFixed(1),
    (median(costs) - median(none)).toFixed(1),
  ]);
  const text = `# What policies cost

Written by \`npm run bench:policies\` on ${new Date().toISOString().slice(0, 10)}: CPU per request in microseconds, 1 KiB over ${CONNECTIONS} kept connections, ${rounds} rounds of ${seconds} s, one gateway for each list and the lists in turn. CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores). Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)}; above 3 something else is running.

${markdownTable(['policies', 'minimum', 'more than none', 'median', 'more than none'], rows).join('\n')}
`;
  console.log(text);
  mkdirSync(words.of('output'), { recursive: true });
  writeFileSync(join(words.of('output'), 'policies.md'), text);
}
