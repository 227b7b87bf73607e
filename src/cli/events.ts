// keystone events: what has happened to the backends of the running gateway, and what happens next.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { EventList, EventRow } from './admin-answers.ts';
import { type AdminClient, openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { screenOptions } from './full-screen.ts';
import { interruption, pause } from './interrupt.ts';
import { paint, span } from './paint.ts';
import { changeTone } from './status/detail.ts';

const WAIT_SECONDS = 25;
const TRY_EVERY_MS = 500;
// As long as the longest kind, "tenant_restored".
const KIND_WIDTH = 15;

export const events: Command = {
  name: 'events',
  summary: 'Print what has happened to the backends of the running gateway, and with --follow what happens next.',
  operands: '',
  options: [
    { name: 'follow', short: 'f', summary: 'go on until Ctrl-C, over restarts of the gateway' },
    { name: 'json', summary: 'print a JSON object on each line' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone events', 'keystone events --follow', 'keystone events --json | tail -n 20'],
  run: runEvents,
};

async function runEvents(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const signal = input.options['follow'] === true ? interruption() : null;
  const opened = await openAdmin(input, terminal, signal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const first = await client.events(0);
  if (!first.ok) {
    terminal.error(describeFailure(first.error, client.address, null));
    return exitCodeOf(first.error);
  }
  const print = printer(input, terminal);
  print(first.value.events);
  return signal === null ? 0 : follow({ client, signal, print, terminal }, first.value);
}

type Print = (events: readonly EventRow[]) => void;

type Following = {
  readonly client: AdminClient;
  readonly signal: AbortSignal;
  readonly print: Print;
  readonly terminal: Terminal;
};

async function follow({ client, signal, print, terminal }: Following, first: EventList): Promise<ExitCode> {
  let { started, latest } = first;
  let isLost = false;
  while (!signal.aborted) {
    // After a lost connection do not wait for an event: first find out whether the gateway is back, and whether it is
    // the same one.
    const answer = await client.events(latest, isLost ? 0 : WAIT_SECONDS);
    if (signal.aborted) break;
    if (!answer.ok) {
      if (answer.error.kind !== 'unreachable') {
        terminal.error(describeFailure(answer.error, client.address, null));
        return exitCodeOf(answer.error);
      }
      if (!isLost) terminal.error(`keystone: the gateway does not answer (${answer.error.detail}); trying again\n`);
      isLost = true;
      await pause(TRY_EVERY_MS, signal);
      continue;
    }
    const isAnother = answer.value.started !== started;
    // A restarted gateway has only events of its own, and without a state directory it counts from 1 again. This answer may
    // have left some of them out, so ask for all.
    const beginsAnew = isAnother && answer.value.latest < latest;
    if (beginsAnew) terminal.error('keystone: the gateway has been restarted; its events begin anew\n');
    else if (isAnother) terminal.error('keystone: the gateway has been restarted\n');
    else if (isLost) terminal.error('keystone: the gateway answers again\n');
    isLost = false;
    ({ started } = answer.value);
    latest = isAnother ? 0 : answer.value.latest;
    if (!isAnother) print(answer.value.events);
  }
  return 0;
}

function printer(input: CommandInput, terminal: Terminal): Print {
  const { color } = screenOptions(terminal, input.environment);
  const format = input.options['json'] === true ? (event: EventRow) => JSON.stringify(event) : lineOf;
  return (list) => terminal.out(list.map((event) => `${format(event, color)}\n`).join(''));
}

function lineOf({ at, tenant, backend, kind, detail }: EventRow, color: boolean): string {
  const line = [
    span(`${at}  `, 'faint'),
    span(kind.padEnd(KIND_WIDTH), changeTone(kind)),
    span(`  ${backend === null ? tenant : `${tenant}/${backend}`}`, 'strong'),
    span(`  ${detail}`),
  ];
  return paint(line, Number.POSITIVE_INFINITY, color);
}
