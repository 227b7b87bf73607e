// How a tenant fares beside one that floods the gateway, and beside nginx, HAProxy and Caddy: one table for all cases.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './lib/certificate.ts';
import { assignCores } from './lib/cpu.ts';
import { versions } from './lib/machine.ts';
import { CASES, type Case } from './lib/neighbours/cases.ts';
import { type Effort, type Place, type Round, measureRound, startOriginsOfBoth } from './lib/neighbours/measure.ts';
import {
  type Contender,
  type Place as Ground,
  installedContenders,
  keystone,
  startContender,
} from './lib/neighbours/programs.ts';
import { findProgram, openStage } from './lib/processes.ts';
import { markdownTable } from './lib/report.ts';
import { median } from './lib/statistics.ts';
import { readWords } from './lib/words.ts';

const USAGE = `npm run bench:neighbours -- [options]

  --cases A,B        which, of ${CASES.map(({ name }) => name).join(', ')}; default all
  --only A,B         programs, of keystone, nginx, haproxy and caddy; default those that are installed
  --rounds N         of each case and program, default 3
  --seconds N        length of a round's two halves, default 5
  --rate N           requests of the quiet tenant in a second, default 300
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --also NAME=COMMAND  compare with another build of the gateway
  --output DIR       where neighbours.md goes, default bench/results`;

/** What B has to have, in milliseconds above what it has alone. */
const MORE_P50 = 4;
const MORE_P90 = 5;
const MORE_P99 = 15;
const TIMES_P99 = 1.5;
const WEIGHTS_WITHIN = 0.05;

// Of each half of a round that is not counted, in seconds.
const WARM_UP = 2;

type Options = {
  readonly cases: readonly Case[];
  readonly effort: Effort;
  readonly contenders: readonly Contender[];
  readonly output: string;
};
type Result = { readonly tested: Case; readonly program: string; readonly rounds: readonly Round[] };

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const all = CASES.map(({ name }) => name).join(',');
  const words = readWords(USAGE, { cases: all, only: '', rounds: '3', seconds: '5', rate: '300', also: '' });
  const [own, also] = [keystone('keystone', words.of('gateway')), words.of('also')];
  const at = also.indexOf('=');
  const others = at < 1 ? [] : [keystone(also.slice(0, at), also.slice(at + 1))];
  const known = [own, ...others, ...installedContenders()];
  const only = words.of('only') === '' ? known.map(({ name }) => name) : words.list('only');
  return {
    cases: CASES.filter(({ name }) => words.list('cases').includes(name)),
    effort: { rounds: words.count('rounds'), seconds: words.count('seconds'), rate: words.count('rate') },
    contenders: known.filter((contender) => only.includes(contender.name) || others.includes(contender)),
    output: words.of('output'),
  };
}

async function main(options: Options): Promise<number> {
  for (const program of ['wrk', 'slowhttptest']) {
    if (findProgram(program) === null) throw new Error(`${program} is not installed`);
  }
  await using stage = openStage();
  const place: Place = { stage, cores: assignCores() };
  const origins = await startOriginsOfBoth(place);
  const ground: Ground = { stage, core: place.cores.proxies, origins, certificate: await makeCertificate(stage) };
  const results: Result[] = [];
  for (const tested of options.cases) {
    for (const contender of options.contenders) {
      if (tested.without?.includes(contender.name) === true) continue;
      const rounds = await measure(contender, tested, ground, { place, effort: options.effort });
      results.push({ tested, program: contender.name, rounds });
      console.error(rowOf({ tested, program: contender.name, rounds }).join('  '));
    }
  }
  const text = [...preamble(options.effort, place.cores.note, await versions(stage)), ...tableOf(results), ''].join(
    '\n',
  );
  console.log(text);
  mkdirSync(options.output, { recursive: true });
  writeFileSync(join(options.output, 'neighbours.md'), text);
  return results.every(isGood) ? 0 : 1;
}

async function measure(
  contender: Contender,
  tested: Case,
  ground: Ground,
  { place, effort }: { readonly place: Place; readonly effort: Effort },
): Promise<readonly Round[]> {
  const running = await startContender(contender, tested, ground);
  const rounds: Round[] = [];
  await measureRound(running, tested, place, { ...effort, seconds: WARM_UP });
  for (let round = 0; round < effort.rounds; round++) {
    rounds.push(await measureRound(running, tested, place, effort));
  }
  await running.child.stop();
  return rounds;
}

function tableOf(results: readonly Result[]): readonly string[] {
  const columns = [
    'case',
    'program',
    'A req/s',
    'CPU µs',
    'alone p50',
    'p99',
    'beside p50',
    'p90',
    'p99',
    'errors',
    '',
  ];
  return markdownTable(columns, results.map(rowOf));
}

function rowOf(result: Result): readonly string[] {
  const { tested, program, rounds } = result;
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const others = tested.weight === undefined ? '' : ` : ${of((round) => round.others).toFixed(0)}`;
  return [
    `${tested.name}: ${tested.title}`,
    program,
    `${of(({ requests }) => requests).toFixed(0)}${others}`,
    figure(of(({ cpu }) => cpu)),
    figure(of(({ alone }) => alone.p50)),
    figure(of(({ alone }) => alone.p99)),
    figure(of(({ beside }) => beside.p50)),
    figure(of(({ beside }) => beside.p90)),
    figure(of(({ beside }) => beside.p99)),
    String(rounds.reduce((sum, { beside }) => sum + beside.errors, 0)),
    verdictOf(result),
  ];
}

// Only the gateway promises anything.
function verdictOf(result: Result): string {
  if (result.program !== 'keystone') return '';
  return isGood(result) ? 'reached' : 'NOT REACHED';
}

function isGood({ tested, program, rounds }: Result): boolean {
  if (program !== 'keystone') return true;
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  if (tested.weight !== undefined) {
    const share = of(({ requests, others }) => requests / others / (tested.weight ?? 1));
    return Math.abs(share - 1) <= WEIGHTS_WITHIN;
  }
  const [p50, p90, p99] = (['p50', 'p90', 'p99'] as const).map((name) => [
    of(({ alone }) => alone[name]),
    of(({ beside }) => beside[name]),
  ]);
  // Nobody is beside it.
  if (Number.isNaN(p50[0])) return true;
  const isQuick = p50[1] <= p50[0] + MORE_P50 && p90[1] <= p90[0] + MORE_P90;
  const isSteady = p99[1] <= Math.max(TIMES_P99 * p99[0], p99[0] + MORE_P99);
  return isQuick && isSteady && rounds.every(({ beside }) => beside.errors === 0);
}

function figure(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : '–';
}

function preamble(effort: Effort, cores: string, programs: readonly string[]): readonly string[] {
  const command = ['npm run bench:neighbours', ...(process.argv.length > 2 ? ['--'] : []), ...process.argv.slice(2)];
  return [
    '# A tenant beside one that floods',
    '',
    `Written by \`${command.join(' ')}\` on ${new Date().toISOString().slice(0, 10)}; CPU ${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores), kernel ${release().split('-')[0]}.`,
    `Programs: ${programs.join(', ')}.`,
    '',
    `- Medians of ${effort.rounds} rounds. In each, tenant B sends ${effort.rate} requests a second for ${effort.seconds} s, alone and then while tenant A does what the case says; latencies in milliseconds, from the moment each request was due.`,
    `- ${cores} Each tenant has an origin of its own. A's clients have nice 10 and B's −15, so that B does not wait for their core.`,
    `- To reach: p50 ≤ alone + ${MORE_P50} ms, p90 ≤ alone + ${MORE_P90} ms, p99 ≤ the larger of ${TIMES_P99} × alone and alone + ${MORE_P99} ms, no errors; by weights of 3 : 1, three times the requests, ± 5 %.`,
    `- CPU is that of the program for each request of A, B's included.`,
    `- Load of the machine over the last 5 minutes, this benchmark included: ${(loadavg()[1] ?? 0).toFixed(1)}; above 3 something else is running, and single figures mean little.`,
    '',
  ];
}
