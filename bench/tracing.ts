// Measures what traces cost: CPU per request of a gateway that takes no part in them, and with different shares recorded.
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

const USAGE = `npm run bench:tracing -- [options]

  --rounds N         default 10
  --seconds N        of each load, default 2
  --output DIR       where tracing.md goes, default bench/results`;

const CONNECTIONS = 50;
const TRACE = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';

type Case = {
  /** What is recorded of traces that begin here; null: no part is taken in traces. */
  readonly sample: string | null;
  /** The traceparent of every request; null: none. */
  readonly parent: string | null;
};

/** The first one is what the others are compared with. */
const CASES: Readonly<Record<string, Case>> = {
  off: { sample: null, parent: null },
  'off, clients send a traceparent': { sample: null, parent: `00-${TRACE}-01` },
  'on, sample 0': { sample: '0%', parent: null },
  'on, sample 1 %': { sample: '1%', parent: null },
  'on, clients do not record': { sample: '1%', parent: `00-${TRACE}-00` },
  'on, sample 100 %': { sample: '100%', parent: null },
};

type Gateway = OneTenant & { readonly costs: number[]; readonly parent: string | null };

const words = readWords(USAGE, { rounds: '10', seconds: '2' });
const rounds = words.count('rounds');
const seconds = words.count('seconds');
// Takes whatever comes.
const collector = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: taken });
await using stage = openStage();
const cores = assignCores();
const { ports: origins } = await startOrigins(stage, { kind: null, core: cores.origins });
const gateways = new Map<string, Gateway>();
for (const [name, one] of Object.entries(CASES)) gateways.set(name, await start(one));
// The first round warms up.
for (let round = 0; round <= rounds; round++)
  for (const { child, url, costs, parent } of gateways.values()) {
    const before = cpuTimeOf(child.pid);
    const fields = parent === null ? [] : [['traceparent', parent] as const];
    const load = { url: url.href, seconds, connections: CONNECTIONS, core: cores.load, fields };
    const { requests, errors } = await runLoad(stage, load);
    const after = cpuTimeOf(child.pid);
    if (errors > 0) throw new Error(`${errors} requests have failed:\n${child.output()}`);
    if (round > 0) costs.push((after.user + after.system - before.user - before.system) / requests);
  }
report();
void collector.stop(true);

async function taken(post: Request): Promise<Response> {
  await post.bytes();
  return new Response(new Uint8Array(0));
}

async function start({ sample, parent }: Case): Promise<Gateway> {
  const settings =
    sample === null ? '' : `tracing: { otlp_endpoint: "http://127.0.0.1:${collector.port}", sample: ${sample} }\n`;
  const gateway = await startOneTenant(stage, { origins, core: cores.proxies, settings });
  return { ...gateway, costs: [], parent };
}

function report(): void {
  const off = gateways.get('off')?.costs ?? [];
  const rows = Array.from(gateways, ([name, { costs }]) => [
    name,
    minimum(costs).toFixed(1),
    (minimum(costs) - minimum(off)).toFixed(1),
    median(costs).toFixed(1),
    (median(costs) - median(off)).toFixed(1),
  ]);
  const text = `# What traces cost

Written by \`npm run bench:tracing\` on ${new Date().toISOString().slice(0, 10)}: CPU per request in microseconds, exports included, 1 KiB over ${CONNECTIONS} kept connections, ${rounds} rounds of ${seconds} s, one gateway for each case and the cases in turn. CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores). Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)}; above 3 something else is running.

${markdownTable(['traces', 'minimum', 'more than off', 'median', 'more than off'], rows).join('\n')}
`;
  console.log(text);
  mkdirSync(words.of('output'), { recursive: true });
  writeFileSync(join(words.of('output'), 'tracing.md'), text);
}
