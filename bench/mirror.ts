// Measures what the policy `mirror` costs those whose requests are copied: their latency at a fixed rate, beside a gateway that
// copies nothing, and the memory of the gateway; with a second version that answers, hangs, or is not there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { assignCores, residentBytesOf } from './lib/cpu.ts';
import type { LoadResult } from './lib/load.ts';
import { freePort } from '../test/support/ports.ts';
import { type OneTenant, startOneTenant } from './lib/one-tenant.ts';
import { startOrigins } from './lib/origins.ts';
import { openStage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { median } from './lib/statistics.ts';
import { STEADY_METHOD, runSteadyLoad } from './lib/steady-load.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:mirror -- [options]

  --rounds N         default 10
  --seconds N        of each load, default 3
  --rate N           requests in a second, default 3000
  --share N          how many percent of them are copied, default 10
  --output DIR       where mirror.md goes, default bench/results`;

const CONNECTIONS = 50;
const MIB = 1024 * 1024;

type Gateway = OneTenant & {
  readonly loads: LoadResult[];
  /** After each round, in bytes. */
  readonly memory: number[];
};

const words = readWords(USAGE, { rounds: '10', seconds: '3', rate: '3000', share: '10' });
const [rounds, seconds, rate] = [words.count('rounds'), words.count('seconds'), words.count('rate')];
await using stage = openStage();
const cores = assignCores();
const { ports: origins } = await startOrigins(stage, { kind: null, core: cores.origins });
// It takes requests, and never answers.
const hanging = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data(): void {} } });
const copies = { 'that answers': origins[0], 'that hangs': hanging.port, 'that is not there': freePort() };
const gateways = new Map<string, Gateway>([['no copies', await start(null)]]);
for (const [name, port] of Object.entries(copies)) gateways.set(`a version ${name}`, await start(port ?? 0));
// The first round warms up.
for (let round = 0; round <= rounds; round++)
  for (const { child, url, loads, memory } of gateways.values()) {
    const load = { url: url.href, rate, seconds, connections: CONNECTIONS, core: cores.load };
    const result = await runSteadyLoad(stage, load);
    if (result.errors > 0) throw new Error(`${result.errors} requests have failed:\n${child.output()}`);
    if (round === 0) continue;
    loads.push(result);
    memory.push(residentBytesOf(child.pid));
  }
hanging.stop(true);
report();

async function start(copiesTo: number | null): Promise<Gateway> {
  const next = { services: [{ name: 'only', url: `http://127.0.0.1:${copiesTo}` }] };
  const policies = [{ mirror: { to: 'next', share: `${words.count('share')}%` } }];
  const more = copiesTo === null ? {} : { pools: { next }, policies };
  return { ...(await startOneTenant(stage, { origins, core: cores.proxies, more })), loads: [], memory: [] };
}

function report(): void {
  const none = median((gateways.get('no copies')?.loads ?? []).map(({ p99 }) => p99));
  const rows = Array.from(gateways, ([name, { loads, memory }]) => {
    const [p50, p99] = [median(loads.map((load) => load.p50)), median(loads.map((load) => load.p99))];
    const times = [p50, p99].map((micros) => (micros / 1000).toFixed(2));
    const sizes = [memory[0] ?? 0, memory.at(-1) ?? 0].map((size) => (size / MIB).toFixed(0));
    return [name, ...times, (p99 / none).toFixed(3), ...sizes];
  });
  const table = markdownTable(
    ['copies go to', 'p50 ms', 'p99 ms', 'p99 to no copies', 'MiB after round 1', 'after the last'],
    rows,
  );
  const text = `# What copies of requests cost those who sent them

Written by \`npm run bench:mirror\` on ${new Date().toISOString().slice(0, 10)}: 1 KiB at ${rate} requests a second over ${CONNECTIONS} kept connections, ${words.count('share')} % of them copied, medians of ${rounds} rounds of ${seconds} s, the gateways in turn. ${STEADY_METHOD} CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores). Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)}; above 3 something else is running.

${table.join('\n')}
`;
  console.log(text);
  mkdirSync(words.of('output'), { recursive: true });
  writeFileSync(join(words.of('output'), 'mirror.md'), text);
}
