// keystone top: the traffic of the running gateway and of its tenants, drawn anew every second.
import { type Result, err, ok } from '../core/result.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { type AdminClient, openAdmin } from './admin-client.ts';
import { type AdminFailure, describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { openScreen, screenOptions } from './full-screen.ts';
import { interruption, pause } from './interrupt.ts';
import { type Line, paint, span } from './paint.ts';
import { type Traffic, busiestLines, trafficLines } from './top/table.ts';

const REDRAW_EVERY_MS = 1000;
const ORDERS = ['health', 'requests', 'errors', 'p99', 'name'];
// As many as the admin API gives at once.
const MOST = 200;
const USUAL = '50';
/** Of the busiest paths and clients. */
const MOST_BUSY = 5;
/** Of the table of tenants, however low a terminal is. */
const LEAST_LINES = 8;

export const top: Command = {
  name: 'top',
  summary:
    'Show the traffic of the running gateway and of its tenants, and the busiest paths and clients, again every second; in a pipe once.',
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
    { name: 'tenant', value: 'NAME', summary: 'the busiest paths and clients of that tenant alone' },
    { name: 'once', summary: 'print it once, also on a terminal' },
    { name: 'json', summary: 'print JSON, once' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone top', 'keystone top --sort p99', 'keystone top --once --name shop', 'keystone top --json'],
  run: runTop,
};

type Query = Readonly<Record<'sort' | 'search' | 'limit', string>>;
/** `tenant` null: of all. */
type Wanted = { readonly query: Query; readonly tenant: string | null };

async function runTop(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const query = readQuery(input);
  const tenant = typed(input, 'tenant');
  if (!query.ok) {
    terminal.error(`keystone top: ${query.error}\n`);
    return 2;
  }
  const isOnce = !terminal.isInteractive || input.options['once'] === true || input.options['json'] === true;
  const signal = isOnce ? null : interruption();
  const opened = await openAdmin(input, terminal, signal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const wanted = { query: query.value, tenant };
  const traffic = await read(client, wanted);
  if (!traffic.ok) {
    terminal.error(describeFailure(traffic.error, client.address, null));
    return exitCodeOf(traffic.error);
  }
  if (signal !== null) return watch({ client, wanted, signal }, input, terminal);
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

async function read(client: AdminClient, { query, tenant }: Wanted): Promise<Result<Traffic, AdminFailure>> {
  const asked = [client.overview(), client.summaries(query), client.top(tenant, MOST_BUSY)] as const;
  const [overview, summaries, busiest] = await Promise.all(asked);
  if (!overview.ok) return overview;
  if (!summaries.ok) return summaries;
  // A token for certain tenants sees those of one alone, and a gateway of before this version has none.
  if (!busiest.ok && tenant !== null) return busiest;
  return ok({ overview: overview.value, summaries: summaries.value, busiest: busiest.ok ? busiest.value : null });
}

function print(traffic: Traffic, input: CommandInput, terminal: Terminal): void {
  if (input.options['json'] === true) return terminal.out(`${JSON.stringify(traffic, null, 2)}\n`);
  const { width, color, unicode } = screenOptions(terminal, input.environment);
  const room = terminal.isInteractive ? width : Number.POSITIVE_INFINITY;
  const lines = [...trafficLines(traffic, { unicode, width: room }), ...busiestLines(traffic, room)];
  terminal.out(lines.map((line) => `${paint(line, room, color).trimEnd()}\n`).join(''));
}

type Watching = { readonly client: AdminClient; readonly wanted: Wanted; readonly signal: AbortSignal };

// While the gateway does not answer, the reason stands at the bottom and the last figures above it.
async function watch({ client, wanted, signal }: Watching, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const screen = openScreen(terminal);
  let last: Traffic | null = null;
  while (!signal.aborted) {
    const traffic = await read(client, wanted);
    if (traffic.ok) last = traffic.value;
    const { width, height, color, unicode } = screenOptions(terminal, input.environment);
    const problem = traffic.ok ? '' : (describeFailure(traffic.error, client.address, null).split('\n')[0] ?? '');
    const bottom: readonly Line[] = [[], [span(problem, 'bad'), span(`${problem && '  '}Ctrl-C ends`, 'faint')]];
    const shown = [...fitting(last, { unicode, width }, height - bottom.length), ...bottom];
    screen.draw(shown.map((line) => paint(line, width, color)).join('\n'));
    await pause(REDRAW_EVERY_MS, signal);
  }
  screen.close();
  return 0;
}

// Where not everything has room, the last tenants are left out, and then the busiest paths and clients.
function fitting(
  traffic: Traffic | null,
  room: { readonly unicode: boolean; readonly width: number },
  height: number,
): readonly Line[] {
  if (traffic === null) return [];
  const busiest = busiestLines(traffic, room.width);
  const lines = trafficLines(traffic, room).slice(0, Math.max(LEAST_LINES, height - busiest.length));
  return [...lines, ...busiest].slice(0, Math.max(0, height));
}
