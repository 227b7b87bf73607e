// Measures how much memory an idle client connection costs, plain and over TLS 1.3: the gateway beside nginx and HAProxy.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Certificate, makeCertificate } from './lib/certificate.ts';
import { sharedOutBytesOf } from './lib/cpu.ts';
import { IdleClients } from './lib/idle-clients.ts';
import { type Choice, inTurn, type Place, readChoice } from './lib/in-turn.ts';
import { runLoad } from './lib/load.ts';
import { versions } from './lib/machine.ts';
import { openStage, type Stage } from './lib/processes.ts';
import { PREFIX, type Program, startProxy } from './lib/proxies.ts';
import { markdownTable } from './lib/report.ts';
import { readWords } from './lib/words.ts';

/** How the connections are. */
type Way = 'plain' | 'tls';
type Options = Choice & { readonly connections: number; readonly ways: readonly Way[] };
/** Bytes of memory of one program. */
type Growth = {
  readonly program: string;
  readonly way: Way;
  readonly base: number;
  /** Null: each has asked as soon as it was open. */
  readonly connected: number | null;
  readonly answered: number;
  readonly rested: number;
};

const USAGE = `npm run bench:idle -- [options]

  --connections N    default 10000
  --ways A,B         plain and tls; default both
  --only A,B         programs to run, of nginx, haproxy, caddy and keystone; default nginx,haproxy,keystone
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --output DIR       where idle.md goes, default bench/results`;

// Over TLS: 5 KiB are what a socket of the runtime takes by itself, with nothing but its handshake and an empty object.
// What the gateway adds at rest is less than the garbage of the warm-up differs from run to run, 1 KiB.
const BAR_KIBIBYTES = { plain: 2.5, tls: 7 } as const;
const WARM_UP = { seconds: 3, connections: 50 };
// Shorter than the 10 s that the gateway waits for a first head.
const SETTLE_MILLIS = 3000;
const REST_MILLIS = 20_000;
// Descriptors beside those of the clients: for the warm-up, for connections to the origins, and for the program itself.
const SPARE = 500;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const words = readWords(USAGE, { connections: '10000', ways: 'plain,tls', only: 'nginx,haproxy,keystone' });
  const ways = (['plain', 'tls'] as const).filter((way) => words.list('ways').includes(way));
  return { connections: words.count('connections'), ways, ...readChoice(words) };
}

async function main(options: Options): Promise<number> {
  await using stage = openStage();
  const most = await descriptorLimit(stage);
  // HAProxy reserves two descriptors for each connection, and the gateway keeps half of all for other things than clients.
  const connections = Math.min(options.connections, Math.floor(most / 2) - 2 * SPARE);
  const rows: Growth[] = [];
  for (const way of options.ways) rows.push(...(await growAll(options, { connections, way }, most)));
  return report(rows, { connections, most, circumstances: await versions(stage), output: options.output });
}

// On a stage of its own, since the origins of each have the same folders.
async function growAll(
  options: Options,
  how: Pick<How, 'connections' | 'way'>,
  most: number,
): Promise<readonly Growth[]> {
  await using stage = openStage();
  const certificate = how.way === 'tls' ? await makeCertificate(stage) : null;
  return await inTurn(stage, options, (program, place) =>
    grow(withDescriptors(program, most), { ...how, certificate }, place),
  );
}

async function descriptorLimit(stage: Stage): Promise<number> {
  const limit = (await stage.run({ argv: ['sh', '-c', 'ulimit -Hn'], core: null })).trim();
  return limit === 'unlimited' ? 1_000_000 : Number(limit);
}

// The soft limit of many shells is 1024.
function withDescriptors(program: Program, limit: number): Program {
  return {
    name: program.name,
    prepare(setup) {
      const { argv, environment } = program.prepare(setup);
      const shell = ['sh', '-c', `ulimit -n ${limit} && exec "$@"`, 'sh'];
      return { argv: [...shell, ...argv], environment: { ...environment } };
    },
  };
}

type How = { readonly connections: number; readonly way: Way; readonly certificate: Certificate | null };

async function grow(
  program: Program,
  { connections, way, certificate }: How,
  { stage, cores, origins }: Place,
): Promise<Growth> {
  const setup = { origins, certificate, core: cores.proxies, clients: connections + SPARE };
  const { child, baseUrl } = await startProxy(stage, program, setup);
  const url = `${baseUrl}${PREFIX}1k`;
  const settled = async (millis: number): Promise<number> => {
    await sleep(millis);
    return sharedOutBytesOf(child.pid);
  };
  // Warm up: a program that has just started has not loaded or compiled all of its code.
  await runLoad(stage, { url, ...WARM_UP, core: cores.load });
  const base = await settled(SETTLE_MILLIS);
  // Thousands of handshakes take longer than a program waits for a first request.
  using clients = await (way === 'tls' ? IdleClients.openAndAsk(url, connections) : IdleClients.open(url, connections));
  const connected = way === 'tls' ? null : await settled(SETTLE_MILLIS);
  if (way === 'plain') await clients.askOnce();
  const answered = await settled(SETTLE_MILLIS);
  const rested = await settled(REST_MILLIS);
  if (clients.lost > 0) throw new Error(`${program.name} closed ${clients.lost} connections:\n${child.output()}`);
  await child.stop();
  const all = [base, connected ?? 0, answered, rested].map((bytes) => Math.round(bytes / 1024));
  console.error(`${program.name}, ${way}: ${all.join(', ')} KiB`);
  return { program: program.name, way, base, connected, answered, rested };
}

type Circumstances = {
  readonly connections: number;
  readonly most: number;
  readonly circumstances: readonly string[];
  readonly output: string;
};

function report(rows: readonly Growth[], { connections, most, circumstances, output }: Circumstances): number {
  const each = (bytes: number): string => (bytes / 1024 / connections).toFixed(2);
  const table = markdownTable(
    ['program', 'connections', 'base MiB', 'connected', 'after a request', `${REST_MILLIS / 1000} s later`],
    rows.map(({ program, way, base, connected, answered, rested }) => [
      program,
      way === 'tls' ? 'TLS 1.3' : 'plain',
      (base / 1024 ** 2).toFixed(1),
      ...[connected, answered, rested].map((bytes) => (bytes === null ? '–' : each(bytes - base))),
    ]),
  );
  const text = `# Memory of idle connections

Written by \`npm run bench:idle\` on ${new Date().toISOString().slice(0, 10)}. ${circumstances.join('. ')}.

${connections} kept connections of clients (a process may have ${most} descriptors here). Base: memory (PSS: a page that processes share counts once) after ${WARM_UP.seconds} s of load over ${WARM_UP.connections} connections, which are closed again. The other columns: KiB of memory above the base for each connection, ${SETTLE_MILLIS / 1000} s after all were open, after one 1 KiB GET over each, and later (the gateway is held to that). Over TLS each connection asks as soon as it is open. The kernel's own memory for a socket is not in them; it is the same for all.

${table.join('\n')}
`;
  console.log(text);
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'idle.md'), text);
  const above = rows.filter(
    ({ program, way, base, rested }) =>
      program === 'keystone' && rested - base > BAR_KIBIBYTES[way] * 1024 * connections,
  );
  for (const { way } of above) console.error(`ABOVE THE BAR: ${way}, more than ${BAR_KIBIBYTES[way]} KiB each`);
  return above.length === 0 ? 0 : 1;
}
