// Measures how much memory a client costs that asks for a large response and does not read it: the gateway beside nginx and
// HAProxy.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { residentBytesOf } from './lib/cpu.ts';
import { type Choice, inTurn, type Place, readChoice } from './lib/in-turn.ts';
import { runLoad } from './lib/load.ts';
import { versions } from './lib/machine.ts';
import { type Child, openStage } from './lib/processes.ts';
import { PREFIX, type Program, startProxy } from './lib/proxies.ts';
import { markdownTable } from './lib/report.ts';
import { StalledClients } from './lib/stalled-clients.ts';
import { readWords } from './lib/words.ts';

type Options = Choice & { readonly clients: number };
/** Bytes for each client. `held`: after a garbage collection; null: the program does not collect garbage. */
type Cost = {
  readonly program: string;
  readonly held: number | null;
  readonly resident: number;
  readonly kernel: number;
};

const USAGE = `npm run bench:stalled -- [options]

  --clients N        how many come first, and as many then; default 60
  --only A,B         programs to run, of nginx, haproxy, caddy and keystone; default nginx,haproxy,keystone
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words; it must tell what
                     it holds, as bench/lib/collecting-gateway.ts does (KEYSTONE_MAIN: main module of another build)
  --output DIR       where stalled.md goes, default bench/results`;

const BAR_KIBIBYTES = 64;
const WARM_UP = { seconds: 3, connections: 50 };
const SETTLE_MILLIS = 3000;
const PAGE_BYTES = 4096;
const COLLECTION_MILLIS = 1000;
const COLLECTING = ['../scripts/bun.sh', './lib/collecting-gateway.ts'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const COMMAND = `${COLLECTING.join(' ')} run --config {config} --addr 127.0.0.1:{port}`;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { clients: '60', only: 'nginx,haproxy,keystone', gateway: COMMAND });
  return { clients: words.count('clients'), ...readChoice(words) };
}

async function main(options: Options): Promise<number> {
  await using stage = openStage();
  const rows = await inTurn(stage, options, (program, place) => stall(program, options.clients, place));
  return report(rows, await versions(stage), options);
}

async function stall(program: Program, count: number, { stage, cores, origins }: Place): Promise<Cost> {
  const setup = { origins, certificate: null, core: cores.proxies, clients: 4 * count };
  const { child, baseUrl } = await startProxy(stage, program, setup);
  // Warm up: a program that has just started has not loaded or compiled all of its code, and keeps no buffers yet.
  await runLoad(stage, { url: `${baseUrl}${PREFIX}1m`, ...WARM_UP, core: cores.load });
  // The first clients make the program reach its usual amount of garbage; the growth by the others is the cost of a client.
  using first = await StalledClients.open(`${baseUrl}${PREFIX}8m`, count);
  await sleep(SETTLE_MILLIS);
  const before = await bytesOf(program, child);
  using others = await StalledClients.open(`${baseUrl}${PREFIX}8m`, count);
  await sleep(SETTLE_MILLIS);
  const after = await bytesOf(program, child);
  const lost = first.lost + others.lost;
  if (lost > 0) throw new Error(`${program.name} closed ${lost} connections:\n${child.output()}`);
  await child.stop();
  return {
    program: program.name,
    held: before.held === null || after.held === null ? null : (after.held - before.held) / count,
    resident: (after.resident - before.resident) / count,
    kernel: (after.kernel - before.kernel) / count,
  };
}

async function bytesOf({ name }: Program, child: Child): Promise<Omit<Cost, 'program'>> {
  const resident = residentBytesOf(child.pid);
  const kernel = kernelBytes();
  return { held: name === 'keystone' ? await heldBytes(child) : null, resident, kernel };
}

async function heldBytes(child: Child): Promise<number> {
  process.kill(child.pid, 'SIGUSR2');
  await sleep(COLLECTION_MILLIS);
  const held = [...child.output().matchAll(/^held: (\d+) bytes$/gm)].at(-1)?.[1];
  if (held === undefined) throw new Error(`the gateway does not tell what it holds:\n${child.output()}`);
  return Number(held);
}

/** The memory that all sockets of this machine hold. */
function kernelBytes(): number {
  const pages = /^TCP: .* mem (\d+)$/m.exec(readFileSync('/proc/net/sockstat', 'latin1'))?.[1];
  return Number(pages ?? 0) * PAGE_BYTES;
}

function report(rows: readonly Cost[], circumstances: readonly string[], { clients, output }: Options): number {
  const kibibytes = (bytes: number): string => (bytes / 1024).toFixed(0);
  const table = markdownTable(
    ['program', 'KiB held', 'KiB resident', 'KiB in the kernel'],
    rows.map(({ program, held, resident, kernel }) => [
      program,
      held === null ? '' : kibibytes(held),
      kibibytes(resident),
      kibibytes(kernel),
    ]),
  );
  const text = `# Memory of clients that do not read

Written by \`npm run bench:stalled\` on ${new Date().toISOString().slice(0, 10)}. ${circumstances.join('. ')}.

After ${WARM_UP.seconds} s of load with bodies of 1 MiB, ${clients} clients ask for 8 MiB each and read nothing, and then ${clients} more. For each of the latter, ${SETTLE_MILLIS / 1000} s later: what the program holds, where it has a garbage collector; how much resident memory it has gained, garbage included; and what all sockets of the machine hold, those of origins and clients included. nginx writes to files what it does not keep.

${table.join('\n')}
`;
  console.log(text);
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'stalled.md'), text);
  const own = rows.find(({ program }) => program === 'keystone');
  const isWithin = own === undefined || (own.held ?? own.resident) <= BAR_KIBIBYTES * 1024;
  if (!isWithin) console.error(`ABOVE THE BAR: more than ${BAR_KIBIBYTES} KiB for each client`);
  return isWithin ? 0 : 1;
}
