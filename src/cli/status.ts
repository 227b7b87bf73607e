// keystone status: how the running gateway's tenants and backends stand.
import { type Result, err, ok } from '../core/result.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { type AdminClient, openAdmin } from './admin-client.ts';
import { type AdminFailure, describeFailure, exitCodeOf } from './admin-failure.ts';
import { type BackendName, parseBackendName } from './backend-name.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { openScreen, screenOptions } from './full-screen.ts';
import { interruption, pause } from './interrupt.ts';
import { type Line, paint, span } from './paint.ts';
import { detailLines } from './status/detail.ts';
import { certificateLine, type TableOptions, leavingLines, statusLines } from './status/table.ts';

const REDRAW_EVERY_MS = 1000;

export const status: Command = {
  name: 'status',
  summary: 'Show how the tenants and backends of the running gateway stand, and why; one backend with its history.',
  operands: '[tenant[/backend]]',
  options: [
    { name: 'watch', summary: 'draw it anew every second until Ctrl-C' },
    { name: 'json', summary: 'print JSON' },
    ...ADDRESS_OPTIONS,
  ],
  examples: [
    'keystone status',
    'keystone status shop',
    'keystone status shop/a',
    'keystone status --watch',
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
  const signal = input.options['watch'] === true ? interruption() : null;
  const opened = await openAdmin(input, terminal, signal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const view = await read(client, wanted);
  if (!view.ok) {
    terminal.error(describeFailure(view.error, client.address, nameOf(wanted)));
    return exitCodeOf(view.error);
  }
  if (signal !== null) return watch({ client, wanted, signal }, input, terminal);
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

function readWanted(typed: string | undefined): Wanted | null {
  if (typed === undefined) return { kind: 'all' };
  if (!typed.includes('/')) return { kind: 'tenant', tenant: typed };
  const name = parseBackendName(typed);
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

/** The answer of the gateway, as JSON and as lines to show. */
type View = { readonly json: unknown; readonly lines: (options: TableOptions) => readonly Line[] };

async function read(client: AdminClient, wanted: Wanted): Promise<Result<View, AdminFailure>> {
  if (wanted.kind === 'backend') {
    const backend = await client.backend(wanted.name);
    return backend.ok
      ? ok({ json: backend.value, lines: ({ unicode }) => detailLines(backend.value, unicode) })
      : backend;
  }
  const answer = await client.tenants();
  if (!answer.ok) return answer;
  const { tenants, leaving } = answer.value;
  if (wanted.kind === 'all') {
    const certificates = await client.certificates();
    const more = [...leavingLines(leaving), ...certificates.map(certificateLine)];
    return ok({
      json: { ...answer.value, certificates },
      lines: (options) => [...statusLines(tenants, options), ...more],
    });
  }
  const tenant = tenants.find(({ name }) => name === wanted.tenant);
  if (tenant === undefined) return err({ kind: 'unknown-tenant', known: tenants.map(({ name }) => name) });
  const own = leaving.filter((one) => one.tenant === tenant.name);
  return ok({ json: tenant, lines: (options) => [...statusLines([tenant], options), ...leavingLines(own)] });
}

type Watching = { readonly client: AdminClient; readonly wanted: Wanted; readonly signal: AbortSignal };

async function watch({ client, wanted, signal }: Watching, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const screen = openScreen(terminal);
  let lines: readonly Line[] = [];
  while (!signal.aborted) {
    const { width, height, color, unicode } = screenOptions(terminal, input.environment);
    const view = await read(client, wanted);
    if (view.ok) lines = view.value.lines({ unicode, width });
    const bottom = footer(view.ok ? null : describeFailure(view.error, client.address, nameOf(wanted)));
    const shown = [...lines.slice(0, Math.max(0, height - bottom.length)), ...bottom];
    screen.draw(shown.map((line) => paint(line, width, color)).join('\n'));
    await pause(REDRAW_EVERY_MS, signal);
  }
  screen.close();
  return 0;
}

// While the gateway does not answer, the problem is shown here and the last known state above it.
function footer(problem: string | null): readonly Line[] {
  if (problem === null) return [[], [span('Ctrl-C ends', 'faint')]];
  return [[], [span(problem.split('\n')[0] ?? '', 'bad'), span('  Ctrl-C ends', 'faint')]];
}
