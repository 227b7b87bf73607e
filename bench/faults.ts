// Counts the requests that fail when origins fail: the gateway beside nginx, HAProxy and Caddy, each in front of three nginx
// under load.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NginxOrigin } from '../test/support/nginx-origin.ts';
import { assignCores, type Cores } from './lib/cpu.ts';
import { faultPrograms } from './lib/fault-proxies.ts';
import { FAULTS, type Fault } from './lib/faults.ts';
import { type LoadResult, runLoad } from './lib/load.ts';
import { versions } from './lib/machine.ts';
import { openStage, type Stage } from './lib/processes.ts';
import { PREFIX, type Program, startProxy } from './lib/proxies.ts';
import { markdownTable } from './lib/report.ts';

type Row = { readonly fault: Fault; readonly results: readonly LoadResult[] };

const CONNECTIONS = 50;
const BEFORE_MILLIS = 1000;

const { values } = parseArgs({
  options: {
    fault: { type: 'string', default: FAULTS.map(({ name }) => name).join(',') },
    only: { type: 'string', default: 'keystone,nginx,haproxy,caddy' },
    output: { type: 'string', default: fileURLToPath(new URL('results/faults.md', import.meta.url)) },
  },
});

await main(values);

async function main(options: typeof values): Promise<void> {
  const faults = FAULTS.filter(({ name }) => options.fault.split(',').includes(name));
  const programs = faultPrograms().filter(({ name }) => options.only.split(',').includes(name));
  await using stage = openStage();
  const cores = assignCores();
  const rows: Row[] = [];
  for (const fault of faults) {
    const results: LoadResult[] = [];
    for (const program of programs) {
      const result = await suffer(stage, { fault, program, cores });
      console.log(`${fault.name}: ${program.name} failed ${result.errors} of ${result.requests}`);
      results.push(result);
    }
    rows.push({ fault, results });
  }
  const text = document(programs, rows, [...(await versions(stage)), cores.note]);
  writeFileSync(options.output, text);
  console.log(`\n${text}\nSaved in ${options.output}`);
}

/** Measures one program under one fault, with fresh origins. */
async function suffer(
  stage: Stage,
  { fault, program, cores }: { readonly fault: Fault; readonly program: Program; readonly cores: Cores },
): Promise<LoadResult> {
  await using a = await NginxOrigin.start('a');
  await using b = await NginxOrigin.start('b');
  await using c = await NginxOrigin.start('c');
  const origins = [a, b, c] as const;
  const ports = origins.map(({ port }) => port);
  const proxy = await startProxy(stage, program, { origins: ports, certificate: null, core: cores.proxies });
  try {
    // Wait until the first probes have passed, so that every program knows its origins.
    await sleep(2 * BEFORE_MILLIS);
    const url = `${proxy.baseUrl}${PREFIX}page`;
    const { seconds } = fault;
    const load = runLoad(stage, { url, seconds, connections: CONNECTIONS, core: cores.load });
    await sleep(BEFORE_MILLIS);
    await fault.run(origins);
    return await load;
  } finally {
    await proxy.child.stop();
  }
}

function document(programs: readonly Program[], rows: readonly Row[], circumstances: readonly string[]): string {
  const table = markdownTable(
    ['fault of three origins', ...programs.map(({ name }) => name)],
    rows.map(({ fault, results }) => [
      fault.title,
      ...results.map(({ errors, requests }) => `${errors} of ${requests}`),
    ]),
  );
  return `# Faults of origins

Written by \`npm run bench:faults\` on ${new Date().toISOString().slice(0, 10)}. ${circumstances.join('. ')}

${CONNECTIONS} connections of wrk ask for a page of 1 KiB as fast as they can; one second after they begin, the fault does. Every program probes each second (nginx cannot), may make two more attempts, and gives an origin 10 s for a first byte: see \`bench/lib/fault-proxies.ts\`. nginx and HAProxy are told to repeat a request that was answered with a 500.

Failed requests, and of how many: answers that are neither 2xx nor 3xx, broken connections, and answers that took longer than 2 s. How many there were in all depends on what else the machine did, and is no measure of speed.

${table.join('\n')}
`;
}
