// Compares the gateway with nginx, HAProxy and Caddy: CPU per request, throughput, latency, memory. See --help.
import { assignCores, type Cores } from './lib/cpu.ts';
import { type Certificate, makeCertificate } from './lib/certificate.ts';
import { runHandshakes } from './lib/handshake-load.ts';
import { type LoadResult, runLoad } from './lib/load.ts';
import { runH2Load } from './lib/h2-load.ts';
import { describeMachine } from './lib/machine.ts';
import { type Effort, measure } from './lib/measure.ts';
import { type BenchOptions, readBenchOptions } from './lib/options.ts';
import { type Origins, startOrigins } from './lib/origins.ts';
import { findProgram, openStage, type Stage } from './lib/processes.ts';
import { PREFIX, type RunningProgram, startProxy } from './lib/proxies.ts';
import { complaints, type Outcome, save, scenarioTable } from './lib/report.ts';
import { type Scenario, scenariosOf } from './lib/scenarios.ts';

type RunTools = { readonly cores: Cores; readonly origins: Origins; readonly options: BenchOptions };

// With ten requests at a time on each: as many at a time as browsers of a few people have.
const H2_CONNECTIONS = 20;

// One client makes some 500 connections a second, and a program that is compiled while it runs needs some 6,000 of them.
const HANDSHAKE_WARM_UP_SECONDS = 20;

process.exitCode = await main(readBenchOptions(process.argv.slice(2)));

async function main(options: BenchOptions): Promise<number> {
  const scenarios = scenariosOf(options.scenarios, options.builds);
  if (findProgram('wrk') === null) throw new Error('wrk is not installed: it makes the load');
  await using stage = openStage();
  const cores = assignCores();
  const origins = await startOrigins(stage, { kind: options.origins, core: cores.origins });
  const machine = await describeMachine(stage, { effort: options.effort, cores, origins });
  for (const line of machine.method) console.log(line);

  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    const outcome = await runScenario(stage, scenario, { cores, origins, options });
    console.log(`\n${scenarioTable(outcome)}\n`);
    outcomes.push(outcome);
  }
  save({ machine, outcomes }, options);
  console.log(`Saved in ${options.output}/${options.name}.md`);
  for (const complaint of complaints(outcomes)) console.error(complaint);
  return complaints(outcomes).length === 0 ? 0 : 1;
}

async function runScenario(stage: Stage, scenario: Scenario, tools: RunTools): Promise<Outcome> {
  const { cores, origins, options } = tools;
  const certificate: Certificate | null = scenario.isTls ? await makeCertificate(stage) : null;
  const running: RunningProgram[] = [];
  try {
    for (const proxy of scenario.proxies) {
      running.push(await startProxy(stage, proxy, { origins: origins.ports, certificate, core: cores.proxies }));
    }
    const { name, path, request, streams, handshake } = scenario;
    const effort = handshake === undefined ? options.effort : readyForHandshakes(options.effort);
    const pour = (proxy: RunningProgram, seconds: number): Promise<LoadResult> => {
      const load = { url: `${proxy.baseUrl}${PREFIX}${path}`, seconds, core: cores.load };
      if (handshake !== undefined) return runHandshakes(stage, { ...handshake, ...load });
      if (streams === null) return runLoad(stage, { ...request, ...load, connections: effort.connections });
      return runH2Load(stage, { ...load, streams, connections: streams === 1 ? 1 : H2_CONNECTIONS });
    };
    const sizes = scenario.isCompressed ? { sizes: await sizesOf(running, scenario) } : {};
    return { scenario, rows: await measure(running, { name, effort, pour }), ...sizes };
  } finally {
    await Promise.all(running.map(({ child }) => child.stop()));
  }
}

function readyForHandshakes(effort: Effort): Effort {
  return { ...effort, warmUpSeconds: Math.max(effort.warmUpSeconds, HANDSHAKE_WARM_UP_SECONDS) };
}

// Of the body as it is on the wire. Not one of the programs may send it uncompressed.
async function sizesOf(running: readonly RunningProgram[], scenario: Scenario): Promise<readonly number[]> {
  return Promise.all(
    running.map(async ({ name, baseUrl }) => {
      const headers = scenario.request.fields?.map(([field, value]): [string, string] => [field, value]) ?? [];
      const response = await fetch(`${baseUrl}${PREFIX}${scenario.path}`, { headers, decompress: false });
      if (response.headers.get('content-encoding') === null) throw new Error(`${name} does not compress`);
      return (await response.arrayBuffer()).byteLength;
    }),
  );
}
