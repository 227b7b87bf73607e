// keystone events: what has happened to the backends of the running gateway, and what happens next.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { EventList, EventRow } from './admin-answers.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { ANSWERS_AGAIN, type Following, follow } from './follow.ts';
import { screenOptions } from './full-screen.ts';
import { interruption } from './interrupt.ts';
import { paint, span } from './paint.ts';
import { changeTone } from './status/detail.ts';

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
  if (first.value.events.length === 0 && input.options['json'] !== true)
    terminal.error('keystone: nothing has happened yet\n');
  print(first.value.events);
  if (signal === null) return 0;
  const hearing = new Hearing(first.value, print, terminal);
  const ask: Following<EventList>['ask'] = (wait) => client.events(hearing.latest, wait);
  return await follow({ client, signal, terminal, ask, heard: (answer, wasLost) => hearing.take(answer, wasLost) });
}

type Print = (events: readonly EventRow[]) => void;

type Heard = Pick<EventList, 'started' | 'latest'>;

/** Says what has become of the gateway, and prints what is new. */
class Hearing {
  constructor(
    private known: Heard,
    private readonly print: Print,
    private readonly terminal: Terminal,
  ) {}

  /** After which number there is more to ask for. */
  get latest(): number {
    return this.known.latest;
  }

  take({ started, latest, events: list }: EventList, wasLost: boolean): void {
    const isAnother = started !== this.known.started;
    // A restarted gateway has only events of its own, and without a state directory it counts from 1 again. This answer may
    // have left some of them out, so ask for all.
    const beginsAnew = isAnother && latest < this.known.latest;
    if (beginsAnew) this.terminal.error('keystone: the gateway has been restarted; its events begin anew\n');
    else if (isAnother) this.terminal.error('keystone: the gateway has been restarted\n');
    else if (wasLost) this.terminal.error(ANSWERS_AGAIN);
    this.known = { started, latest: isAnother ? 0 : latest };
    if (!isAnother) this.print(list);
  }
}

function printer(input: CommandInput, terminal: Terminal): Print {
  const { color } = screenOptions(terminal, input.environment);
  const format = input.options['json'] === true ? (event: EventRow) => JSON.stringify(event) : lineOf;
  return (list) => terminal.out(list.map((event) => `${format(event, color)}\n`).join(''));
}

function placeOf(tenant: string | null, backend: string | null): string {
  if (tenant === null) return 'the gateway';
  return backend === null ? tenant : `${tenant}/${backend}`;
}

function lineOf({ at, tenant, backend, kind, detail }: EventRow, color: boolean): string {
  const line = [
    span(`${at}  `, 'faint'),
    span(kind.padEnd(KIND_WIDTH), changeTone(kind)),
    span(`  ${placeOf(tenant, backend)}`, 'strong'),
    span(`  ${detail}`),
  ];
  return paint(line, Number.POSITIVE_INFINITY, color);
}
