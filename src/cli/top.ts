// keystone top: the traffic of the running gateway and of its tenants, drawn anew every second.
import { type Result, err, ok } from '../core/result.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { type AdminClient, openAdmin } from './admin-client.ts';
import { type AdminFailure, describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { openScreen, screenOptions } from './full-screen.ts';
import { interruption, pause } from './interrupt.ts';
import { type Line, paint, span } from './paint.ts';
import { type Traffic, trafficLines } from './top/table.ts';

const REDRAW_EVERY_MS = 1000;
const ORDERS = ['health', 'requests', 'errors', 'p99', 'name'];
// As many as the admin API gives at once.
const MOST = 200;
const USUAL = '50';

export const top: Command = {
  name: 'top',
  summary: 'Show the traffic of the running gateway and of its tenants, again every second; in a pipe once.',
  operands: '',
  options: [
    {
      name: 'sort',
      value: 'ORDER',
      completes: ORDERS,
      summary: `${ORDERS.join(', ')} (default: requests, the busiest first)`,
    },
    { name: 'name', short: 'n', value: 'TEXT', summary: 'only tenants with that in their name' },
    { name: 'limit', value: 'N', summary: `so many tenants, up to ${MOST} (default: ${USUAL})` },
    { name: 'once', summary: 'print it once, also on a terminal' },
    { name: 'json', summary: 'print JSON, once' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone top', 'keystone top --sort p99', 'keystone top --once --name shop', 'keystone top --json'],
  run: runTop,
};

type Query = Readonly<Record<'sort' | 'search' | 'limit', string>>;

async function runTop(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const query = readQuery(input);
  if (!query.ok) {
    terminal.error(`keystone top: ${query.error}\n`);
    return 2;
  }
  const isOnce = !terminal.isInteractive || input.options['once'] === true || input.options['json'] === true;
  const signal = isOnce ? null : interruption();
  const opened = await openAdmin(input, terminal, signal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const traffic = await read(client, query.value);
  if (!traffic.ok) {
    terminal.error(describeFailure(traffic.error, client.address, null));
    return exitCodeOf(traffic.error);
  }
  if (signal !== null) return watch({ client, query: query.value, signal }, input, terminal);
  print(traffic.value, input, terminal);
  return 0;
}

function readQuery(input: CommandInput): Result<Query, string> {
  const sort = typed(input, 'sort') ?? 'requests';
  if (!ORDERS.includes(sort)) return err(`${sort} is no order; expected ${ORDERS.join(', ')}`);
  const limit = typed(input, 'limit') ?? USUAL;
  const isNumber = /^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MOST;
  return isNumber
    ? ok({ sort, search: typed(input, 'name') ?? '', limit })
    : err(`--limit takes a number from 1 to ${MOST}`);
}

async function read(client: AdminClient, query: Query): Promise<Result<Traffic, AdminFailure>> {
  const [overview, summaries] = await Promise.all([client.overview(), client.summaries(query)]);
  if (!overview.ok) return overview;
  return summaries.ok ? ok({ overview: overview.value, summaries: summaries.value }) : summaries;
}

function print(traffic: Traffic, input: CommandInput, terminal: Terminal): void {
  if (input.options['json'] === true) return terminal.out(`${JSON.stringify(traffic, null, 2)}\n`);
  const { width, color, unicode } = screenOptions(terminal, input.environment);
  const room = terminal.isInteractive ? width : Number.POSITIVE_INFINITY;
  const lines = trafficLines(traffic, { unicode, width: room });
  terminal.out(lines.map((line) => `${paint(line, room, color).trimEnd()}\n`).join(''));
}

type Watching = { readonly client: AdminClient; readonly query: Query; readonly signal: AbortSignal };

// While the gateway does not answer, the reason stands at the bottom and the last figures above it.
async function watch({ client, query, signal }: Watching, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const screen = openScreen(terminal);
  let last: Traffic | null = null;
  while (!signal.aborted) {
    const traffic = await read(client, query);
    if (traffic.ok) last = traffic.value;
    const { width, height, color, unicode } = screenOptions(terminal, input.environment);
    const problem = traffic.ok ? '' : (describeFailure(traffic.error, client.address, null).split('\n')[0] ?? '');
    const bottom: readonly Line[] = [[], [span(problem, 'bad'), span(`${problem && '  '}Ctrl-C ends`, 'faint')]];
    const lines = last === null ? [] : trafficLines(last, { unicode, width });
    const shown = [...lines.slice(0, Math.max(0, height - bottom.length)), ...bottom];
    screen.draw(shown.map((line) => paint(line, width, color)).join('\n'));
    await pause(REDRAW_EVERY_MS, signal);
  }
  screen.close();
  return 0;
}
