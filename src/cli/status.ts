// keystone status: how the running gateway's tenants and backends stand.
import { type Result, err, ok } from '../core/result.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { type AdminClient, openAdmin } from './admin-client.ts';
import { type AdminFailure, describeFailure, exitCodeOf } from './admin-failure.ts';
import { type BackendName, parseBackendName } from './backend-name.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { openScreen, screenOptions } from './full-screen.ts';
import { interruption, pause } from './interrupt.ts';
import { type Line, paint, span } from './paint.ts';
import { detailLines } from './status/detail.ts';
import { ORDERS, SUBSETS, type Selection, select, nothingLeft, summary } from './status/select.ts';
import { certificateLine, type TableOptions, leavingLines, leftOutLines, statusLines } from './status/table.ts';

const REDRAW_EVERY_MS = 1000;

export const status: Command = {
  name: 'status',
  summary: 'Show how the tenants and backends of the running gateway stand, and why; one backend with its history.',
  operands: '[tenant[/backend]]',
  completes: ['backends'],
  options: [
    { name: 'watch', summary: 'draw it anew every second until Ctrl-C' },
    { name: 'json', summary: 'print JSON' },
    {
      name: 'only',
      value: 'WHICH',
      completes: SUBSETS,
      summary: 'unhealthy: what is not well; down: tenants without a backend that serves',
    },
    {
      name: 'sort',
      value: 'ORDER',
      completes: ORDERS,
      summary: `${ORDERS.join(', ')} (default: state, the broken ones first)`,
    },
    { name: 'name', short: 'n', value: 'TEXT', summary: 'only tenants with that in their name or a host' },
    ...ADDRESS_OPTIONS,
  ],
  examples: [
    'keystone status',
    'keystone status shop',
    'keystone status shop/a',
    'keystone status --watch',
    'keystone status --only unhealthy',
    'keystone status --name example.com --sort requests',
    'keystone status --json --url https://gateway.example.com --token-file ./token',
  ],
  run: runStatus,
};

async function runStatus(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const wanted = readWanted(input.positionals[0]);
  if (wanted === null) {
    terminal.error(`keystone status: expected TENANT or TENANT/BACKEND, such as shop/a\n`);
    return 2;
  }
  if (input.options['watch'] === true && !terminal.isInteractive) {
    terminal.error('keystone status: --watch needs a terminal to draw on; without --watch the state is printed once\n');
    return 2;
  }
  const selection = readSelection(input);
  if (!selection.ok) {
    terminal.error(`keystone status: ${selection.error}\n`);
    return 2;
  }
  const asked = { wanted, selection: selection.value };
  const signal = input.options['watch'] === true ? interruption() : null;
  const opened = await openAdmin(input, terminal, signal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const view = await read(client, asked);
  if (!view.ok) {
    terminal.error(describeFailure(view.error, client.address, nameOf(wanted)));
    return exitCodeOf(view.error);
  }
  if (signal !== null) return watch({ client, asked, signal }, input, terminal);
  print(view.value, input, terminal);
  return 0;
}

function print(view: View, input: CommandInput, terminal: Terminal): void {
  const { width, color, unicode } = screenOptions(terminal, input.environment);
  const room = terminal.isInteractive ? width : Number.POSITIVE_INFINITY;
  const lines = view
    .lines({ unicode, width: room })
    .map((line) => `${paint(line, Number.POSITIVE_INFINITY, color).trimEnd()}\n`);
  terminal.out(input.options['json'] === true ? `${JSON.stringify(view.json, null, 2)}\n` : lines.join(''));
}

/** What is asked for: everything, one tenant, or one backend. */
type Wanted = { readonly kind: 'all' } | { readonly kind: 'tenant'; readonly tenant: string } | Detail;
type Detail = { readonly kind: 'backend'; readonly name: BackendName };

function readWanted(word: string | undefined): Wanted | null {
  if (word === undefined) return { kind: 'all' };
  if (!word.includes('/')) return { kind: 'tenant', tenant: word };
  const name = parseBackendName(word);
  return name === null ? null : { kind: 'backend', name };
}

function nameOf(wanted: Wanted): BackendName | null {
  switch (wanted.kind) {
    case 'all':
      return null;
    case 'tenant':
      return { tenant: wanted.tenant, backend: '' };
    case 'backend':
      return wanted.name;
  }
}

type Asked = { readonly wanted: Wanted; readonly selection: Selection };

function readSelection(input: CommandInput): Result<Selection, string> {
  const order = typed(input, 'sort') ?? 'state';
  const only = typed(input, 'only');
  const known = ORDERS.find((one) => one === order);
  const subset = SUBSETS.find((one) => one === only) ?? null;
  if (known === undefined) return err(`${order} is no order; expected ${ORDERS.join(', ')}`);
  if (only !== null && subset === null) return err(`--only takes ${SUBSETS.join(' or ')}`);
  return ok({ order: known, only: subset, name: typed(input, 'name') });
}

/** The answer of the gateway, as JSON and as lines to show. */
type View = { readonly json: unknown; readonly lines: (options: TableOptions) => readonly Line[] };

async function read(client: AdminClient, { wanted, selection }: Asked): Promise<Result<View, AdminFailure>> {
  if (wanted.kind === 'backend') {
    const backend = await client.backend(wanted.name);
    return backend.ok
      ? ok({ json: backend.value, lines: ({ unicode }) => detailLines(backend.value, unicode) })
      : backend;
  }
  const answer = await client.tenants();
  if (!answer.ok) return answer;
  const { tenants, leaving, left_out: leftOut } = answer.value;
  if (wanted.kind === 'all') {
    const certificates = await client.certificates();
    const shown = select(tenants, selection);
    const total = summary(tenants, shown);
    const nothing = nothingLeft(tenants, shown, selection);
    const end: readonly Line[] = total === null ? [] : [[], [span(total, 'faint')]];
    const more = [...leftOutLines(leftOut), ...leavingLines(leaving), ...certificates.map(certificateLine), ...end];
    return ok({
      json: { ...answer.value, tenants: shown, certificates },
      lines: (options) => [...(nothing === null ? statusLines(shown, options) : [[span(nothing)]]), ...more],
    });
  }
  const tenant = tenants.find(({ name }) => name === wanted.tenant);
  if (tenant === undefined) return err({ kind: 'unknown-tenant', known: tenants.map(({ name }) => name) });
  const own = leaving.filter((one) => one.tenant === tenant.name);
  return ok({ json: tenant, lines: (options) => [...statusLines([tenant], options), ...leavingLines(own)] });
}

type Watching = { readonly client: AdminClient; readonly asked: Asked; readonly signal: AbortSignal };

async function watch({ client, asked, signal }: Watching, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const screen = openScreen(terminal);
  let lines: readonly Line[] = [];
  while (!signal.aborted) {
    const { width, height, color, unicode } = screenOptions(terminal, input.environment);
    const view = await read(client, asked);
    if (view.ok) lines = view.value.lines({ unicode, width });
    const bottom = footer(view.ok ? null : describeFailure(view.error, client.address, nameOf(asked.wanted)));
    const shown = [...fitted(lines, height - bottom.length), ...bottom];
    screen.draw(shown.map((line) => paint(line, width, color)).join('\n'));
    await pause(REDRAW_EVERY_MS, signal);
  }
  screen.close();
  return 0;
}

/** As many of the lines as fit, and how many do not. */
export function fitted(lines: readonly Line[], height: number): readonly Line[] {
  if (lines.length <= height) return lines;
  const kept = lines.slice(0, Math.max(0, height - 1));
  const rest = lines.length - kept.length;
  return [...kept, [span(`… ${rest} more lines do not fit: --only unhealthy, --name TEXT or a higher window`, 'act')]];
}

// While the gateway does not answer, the problem is shown here and the last known state above it.
function footer(problem: string | null): readonly Line[] {
  if (problem === null) return [[], [span('Ctrl-C ends', 'faint')]];
  return [[], [span(problem.split('\n')[0] ?? '', 'bad'), span('  Ctrl-C ends', 'faint')]];
}
