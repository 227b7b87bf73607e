// Has a gateway of several processes serve for a long time while everything changes around it, and says whether its memory,
// descriptors, threads and timers stay as they are, and whether a request was lost that could have been saved.
import { setTimeout as sleep } from 'node:timers/promises';
import { openStage, type Stage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { churn, churnConfiguration } from './lib/soak/churn.ts';
import {
  CROWD_MORE,
  type Crowd,
  type Look,
  DESCRIPTORS_MORE,
  idleCrowd,
  reloadCrowd,
  webSocketCrowd,
} from './lib/soak/crowds.ts';
import { SoakGateway } from './lib/soak/gateway.ts';
import { Ledger } from './lib/soak/ledger.ts';
import { Origin } from './lib/soak/origin.ts';
import { type Compared, Watch, compare } from './lib/soak/watch.ts';
import { type Words, readWords } from './lib/words.ts';

const USAGE = `npm run soak -- [options]

  --minutes N        of churn, default 20; 0: none
  --workers N        processes that serve, default 2
  --reload N         seconds between reloads, default 5
  --kill N           seconds between kills of a worker, default 10
  --sockets N        WebSockets that stay open, default 50
  --idle N           then so many connections that do nothing, default 15000 or as many as the limit allows; 0: none
  --web-sockets N    then so many WebSockets that all talk, default 5000; 0: none
  --reloads N        then so many reloads one after the other, default 200; 0: none`;

const DEFAULTS = {
  minutes: '20',
  workers: '2',
  reload: '5',
  kill: '10',
  sockets: '50',
  idle: '15000',
  'web-sockets': '5000',
  reloads: '200',
};
const MEBIBYTE = 1024 * 1024;
const NAMES = { share: 'memory (PSS)', resident: 'memory (RSS)', descriptors: 'descriptors', threads: 'threads' };
// The supervisor, and a spare worker.
const BESIDE_WORKERS = 2;
const SAMPLE = 3000;
// After each round nobody asks for a while.
const ROUNDS = 10;
const LEAST_ROUND = 30_000;
const REST = 15_000;
const SETTLE = 8000;
const MOST_LINES = 30;

process.exitCode = await main(readWords(USAGE, DEFAULTS));

async function main(words: Words): Promise<number> {
  await using stage = openStage();
  const origins = [new Origin(), new Origin(), new Origin()];
  const steady = new Origin();
  const gateway = await start(stage, words, { origins, steady });
  const ledger = new Ledger();
  const watch = new Watch(gateway, words.count('workers') + BESIDE_WORKERS);
  if (words.count('minutes', 0) > 0) await soak({ gateway, ledger, watch, origins }, words);
  const crowds = await crowd(gateway, words, watch.look);
  if (crowds.length > 0) tellCrowds(crowds, ledger);
  for (const origin of [...origins, steady]) await origin.stop();
  for (const line of ledger.complaints.slice(0, MOST_LINES)) console.error(line);
  const count = ledger.complaints.length;
  if (count > 0) console.error(gateway.log.split('\n').slice(-MOST_LINES).join('\n'));
  console.log(count === 0 ? '\nflat, and nothing lost that could have been saved' : `\n${count} PROBLEMS`);
  return count === 0 ? 0 : 1;
}

type Backends = { readonly origins: readonly Origin[]; readonly steady: Origin };

function start(stage: Stage, words: Words, { origins, steady }: Backends): Promise<SoakGateway> {
  const ports = origins.map(({ port }) => port);
  return SoakGateway.start(stage, words.of('workers'), churnConfiguration(ports, steady.port));
}

type Soaked = {
  readonly gateway: SoakGateway;
  readonly ledger: Ledger;
  readonly watch: Watch;
  readonly origins: readonly Origin[];
};

async function soak({ gateway, ledger, watch, origins }: Soaked, words: Words): Promise<void> {
  await sleep(SETTLE);
  const before = await watch.rest();
  const begin = performance.now();
  const length = words.count('minutes') * 60_000;
  const round = Math.max(LEAST_ROUND, length / ROUNDS);
  const isOver = (): boolean => performance.now() >= begin + length;
  const isResting = (): boolean => (performance.now() - begin) % round > round - REST;
  const options = { reload: words.count('reload'), kill: words.count('kill'), sockets: words.count('sockets', 0) };
  const sampling = setInterval(() => watch.sample(isResting()), SAMPLE);
  await churn({ gateway, ledger, origins, options, isOver, isResting });
  clearInterval(sampling);
  await gateway.reload(0);
  await sleep(SETTLE);
  const compared = compare(before, await watch.rest());
  console.log(markdownTable(['what', 'how often'], ledger.rows).join('\n'));
  tellCourse(watch);
  tellGrowth(watch, ledger);
  tellRest(compared, ledger);
}

function tellCourse({ course }: Watch): void {
  const rows = course.map(({ who, parts }) => [
    who,
    ...parts.map(({ least, most }) => [least, most].map(rounded).join('–')),
  ]);
  const columns = ['MiB (PSS)', ...course[0].parts.map((_, at) => `${at + 1}/10`)];
  console.log(`\n${markdownTable(columns, rows).join('\n')}`);
}

function rounded(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(0);
}

function tellGrowth({ growths }: Watch, ledger: Ledger): void {
  const rows = growths.map(({ who, quantity, level, growth }) => {
    const figures = [level, growth].map((value) => figure(value, isMemory(quantity)));
    return [who, NAMES[quantity], ...figures];
  });
  const table = markdownTable(['at rest, least of', 'quantity', 'third quarter', 'last quarter: more by'], rows);
  console.log(`\n${table.join('\n')}`);
  for (const { who, quantity, growth, isFlat } of growths)
    if (!isFlat) ledger.complain(`${who}: ${NAMES[quantity]} grows by ${figure(growth, isMemory(quantity))}`);
}

function isMemory(quantity: keyof typeof NAMES): boolean {
  return quantity === 'share' || quantity === 'resident';
}

function figure(value: number, areBytes: boolean): string {
  return areBytes ? mebibytes(value) : value.toFixed(1);
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

function tellRest(compared: readonly Compared[], ledger: Ledger): void {
  const rows = compared.flatMap(({ who, before, after }) =>
    Object.entries({ before, after }).map(([when, { share, descriptors, threads, wakeUps }]) => {
      const figures = [mebibytes(share), String(descriptors), String(threads), wakeUps.toFixed(0)];
      return [`${who} ${when}`, ...figures];
    }),
  );
  const table = markdownTable(['at rest', 'memory (PSS)', 'descriptors', 'threads', 'wake-ups per second'], rows);
  console.log(`\n${table.join('\n')}`);
  for (const { who, isSame } of compared)
    if (!isSame) ledger.complain(`${who} has more descriptors, threads or timers at rest than it had before`);
}

async function crowd(gateway: SoakGateway, words: Words, look: Look): Promise<readonly Crowd[]> {
  const scenes = [
    { name: 'idle', run: idleCrowd },
    { name: 'web-sockets', run: webSocketCrowd },
    { name: 'reloads', run: reloadCrowd },
  ];
  const crowds: Crowd[] = [];
  for (const { name, run } of scenes) {
    const size = words.count(name, 0);
    if (size > 0) crowds.push(await run(gateway, size, look));
  }
  return crowds;
}

function tellCrowds(crowds: readonly Crowd[], ledger: Ledger): void {
  const rows = crowds.map(({ what, before, most, after, descriptors, failed }) => [
    what,
    ...[before, most, after].map(mebibytes),
    descriptors.join(', '),
    String(failed),
  ]);
  const columns = ['crowd', 'PSS before', 'with it', 'after it', 'descriptors', 'failed'];
  console.log(`\n${markdownTable(columns, rows).join('\n')}`);
  for (const { what, before, after, descriptors, failed } of crowds) {
    if (failed > 0) ledger.complain(`${what}: ${failed} failed`);
    if (after > before + CROWD_MORE) ledger.complain(`${what}: memory does not come back`);
    if (descriptors[2] > descriptors[0] + DESCRIPTORS_MORE) ledger.complain(`${what}: descriptors do not come back`);
  }
}
