// keystone demo: the gateway with three origins, one of which is killed every now and then.
import { millis } from '../../src/core/units.ts';
import { type World, realWorld } from '../../src/world.ts';
import type { Command, CommandInput, ExitCode, Terminal } from '../../src/cli/contract.ts';
import { liveTiming, onceTiming } from './schedule.ts';
import { ORIGINS } from './setting.ts';
import { type Show, lineShow, liveShow } from './show.ts';
import { Stage } from './stage.ts';
import { describeDrill, hasPassed } from './verdict.ts';

const ONCE_SECONDS = 6;
const SHORTEST = 3;
const LONGEST = 86_400;

export const demo: Command = {
  name: 'demo',
  summary: 'Show the gateway at work: three origins, traffic, and an origin that is killed every now and then.',
  operands: '',
  options: [
    {
      name: 'once',
      summary: 'one kill and one restart, shown as lines; exit code 1 if a request failed (default without a terminal)',
    },
    {
      name: 'seconds',
      value: 'N',
      summary: `how long the demo runs (default: until Ctrl-C; with --once ${ONCE_SECONDS})`,
    },
  ],
  examples: ['keystone demo', 'keystone demo --once'],
  run: runDemo,
};

async function runDemo(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const seconds = readSeconds(input.options['seconds']);
  if (seconds === null) {
    terminal.error(`keystone: --seconds takes a number from ${SHORTEST} to ${LONGEST}\n`);
    return 2;
  }
  const { environment } = input;
  const isLive = terminal.isInteractive && input.options['once'] !== true && environment['TERM'] !== 'dumb';
  const world = realWorld();
  const show = (isLive ? liveShow : lineShow)({ terminal, clock: world.clock, environment });
  const end = millis((seconds ?? ONCE_SECONDS) * 1000);
  const timing = isLive ? liveTiming(ORIGINS, seconds === undefined ? null : end) : onceTiming(ORIGINS, end);
  const signalled = untilSignal();
  const stage = await Stage.start({ world, timing, onEvent: (event) => show.event(event) });
  if (!stage.ok) {
    terminal.error(`keystone: ${stage.error}\n`);
    return 1;
  }
  const wasStopped = await present(stage.value, show, Promise.race([signalled, untilTime(timing.end, world)]));
  return conclude(stage.value, terminal, isLive || wasStopped);
}

/** Undefined: the option is absent. Null: its value is not a number in the range. */
function readSeconds(typed: string | boolean | undefined): number | undefined | null {
  if (typed === undefined) return undefined;
  if (typeof typed !== 'string' || !/^\d{1,5}$/.test(typed)) return null;
  const seconds = Number(typed);
  return seconds >= SHORTEST && seconds <= LONGEST ? seconds : null;
}

/** Shows the demo until its time is over or a signal comes, and ends it; true if it was a signal. */
async function present(stage: Stage, show: Show, ending: Promise<'signal' | 'time'>): Promise<boolean> {
  const restore = (): void => show.end();
  process.on('exit', restore);
  show.begin(() => stage.state());
  const reason = await ending;
  await stage.end();
  show.end();
  process.off('exit', restore);
  return reason === 'signal';
}

const NEXT = `Next: write keystone.yaml (docs/guide/quick-start.md), then bin/keystone check and bin/keystone run.
`;

/** Prints the totals and gives the exit code. `isLenient`: the demo was live or was stopped, so it need not have passed. */
function conclude(stage: Stage, terminal: Terminal, isLenient: boolean): ExitCode {
  const { traffic, uptime } = stage.state();
  const drills = stage.drills();
  // Of a demo that has run for an hour, the latest that is complete tells enough.
  const told = isLenient ? drills.filter(hasPassed).slice(-1) : drills;
  for (const drill of told) terminal.out(`${describeDrill(drill)}\n`);
  const kills = `${drills.length} ${drills.length === 1 ? 'origin' : 'origins'} killed`;
  const time = `${Math.round(uptime / 1000)}s`;
  terminal.out(`${traffic.total} requests in ${time}, ${kills}, failed requests: ${traffic.failed}\n`);
  terminal.out(NEXT);
  if (isLenient) return 0;
  return traffic.failed === 0 && drills.length > 0 && drills.every(hasPassed) ? 0 : 1;
}

/** Resolves at the first signal. A second one ends this process at once, and the origins end with it. */
function untilSignal(): Promise<'signal'> {
  const { promise, resolve } = Promise.withResolvers<'signal'>();
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      resolve('signal');
    });
  }
  return promise;
}

function untilTime(end: number | null, world: World): Promise<'time'> {
  return new Promise((resolve) => {
    if (end !== null) world.clock.after(millis(end), () => resolve('time'));
  });
}
