// Measures what policies cost: CPU per request of a gateway without any, with each of the usual ones, and with six of them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { assignCores, cpuTimeOf } from './lib/cpu.ts';
import { runLoad } from './lib/load.ts';
import { type OneTenant, startOneTenant } from './lib/one-tenant.ts';
import { startOrigins } from './lib/origins.ts';
import { openStage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { median, minimum } from './lib/statistics.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:policies -- [options]

  --rounds N         default 10
  --seconds N        of each load, default 2
  --only NAME,...    some of the lists alone; all, if absent
  --output DIR       where policies.md goes, default bench/results`;

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

type Gateway = OneTenant & { readonly costs: number[] };

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
  const gateway = await startOneTenant(stage, { origins, core: cores.proxies, more: { policies } });
  return { ...gateway, costs: [] };
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
