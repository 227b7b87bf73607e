// keystone run: the gateway, until a signal ends it.
import { DEFAULT_ADMIN_ADDRESS } from '../config/admin.ts';
import { type ListenAddress, isTakenBy } from '../config/listen-address.ts';
import { formatProblem } from '../config/problems.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { Millis } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import type { Plan } from '../plan/plan.ts';
import type { ServedAdmin } from '../runtime/admin-listener.ts';
import { Gateway } from '../runtime/gateway.ts';
import { type World, realWorld } from '../world.ts';
import { reapOrphans } from '../world/orphans.ts';
import { ADDRESS_OPTION, DEFAULT_ADDRESS, formatUrl, wantedAddress } from './address.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { CONFIG_OPTION, configFile, printProblems } from './load.ts';
import { readPlanAgain } from './read-aside.ts';
import { readPlan } from './read-plan.ts';
import { ServiceSignals } from './signals.ts';

export const run: Command = {
  name: 'run',
  summary: 'Start the gateway. SIGHUP reloads the configuration; SIGINT and SIGTERM end it gracefully.',
  operands: '',
  options: [
    CONFIG_OPTION,
    ADDRESS_OPTION,
    { name: 'workers', short: 'w', value: 'N', summary: 'serving processes (one for now)' },
  ],
  examples: ['keystone run --config keystone.yaml', 'keystone run -c keystone.yaml --addr 127.0.0.1:8080'],
  run: runGateway,
};

async function runGateway(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const signals = new ServiceSignals();
  terminal.goOnWithoutOutput();
  reapOrphans();
  const wanted = wantedAddress(input);
  if (!wanted.ok) {
    terminal.error(`keystone: ${wanted.error}\n`);
    return 2;
  }
  if (!acceptWorkers(input.options['workers'], terminal)) return 2;
  const world = realWorld();
  const file = configFile(input);
  const read = await Promise.race([readPlan(file, world), signals.stopped]);
  if (typeof read === 'string') return 0; // stopped before it began
  if (read.plan === null) {
    await printProblems(file, read.problems, world, terminal);
    return 1;
  }
  for (const warning of read.problems) terminal.error(`${formatProblem(warning)}\n`);
  const address = chooseAddress(wanted.value, read.plan);
  const started = address.ok
    ? await Gateway.start({ plan: read.plan, address: address.value, usualAdminAddress: DEFAULT_ADMIN_ADDRESS, world })
    : address;
  if (!started.ok) {
    terminal.error(`keystone: ${started.error}\n`);
    return 1;
  }
  const gateway = started.value;
  const reloader = new Reloader({ gateway, file, terminal, world });
  // If the process ends before its time, the system would end all connections with FIN, also in the middle of a response.
  process.on('exit', () => gateway.stop());
  signals.serving(
    () => void reloader.reload(),
    (signal) => gateway.log('info', 'a signal without a meaning is ignored', { signal }),
  );
  terminal.out(startLines(gateway, read.plan));
  gateway.log('info', 'shutting down', { signal: await signals.stopped });
  await gateway.shutdown();
  return 0;
}

// In one piece, so that whoever waits for the first line has the others with it.
function startLines({ addresses, adminAddress }: Gateway, plan: Plan): string {
  const lines = addresses.map(
    ({ hostname, port, isTls }) =>
      `keystone ${VERSION} listening on ${formatUrl(hostname, port, isTls)} (${summarise(plan)})\n`,
  );
  if (adminAddress !== null) lines.push(`keystone ${VERSION} admin API on ${formatAdmin(adminAddress)}\n`);
  return lines.join('');
}

function formatAdmin(served: ServedAdmin): string {
  return served.kind === 'unix' ? `unix:${served.path}` : formatUrl(served.hostname, served.port, false);
}

// An address that was asked for is served besides the listeners. The default is served only if there is neither.
function chooseAddress(wanted: ListenAddress | null, { gateway }: Plan): Result<ListenAddress | null, string> {
  const { listeners } = gateway.start;
  if (wanted === null) return ok(listeners.length === 0 ? DEFAULT_ADDRESS : null);
  if (!listeners.some((listener) => isTakenBy(wanted, listener))) return ok(wanted);
  const place = `${wanted.hostname ?? ''}:${wanted.port}`;
  return err(`${place} was asked for, but a listener of the configuration has it already; one of the two has to go`);
}

function acceptWorkers(workers: string | boolean | undefined, terminal: Terminal): boolean {
  if (workers === undefined) return true;
  if (typeof workers !== 'string' || !/^[1-9]\d{0,2}$/.test(workers)) {
    terminal.error(`keystone: --workers takes a number from 1 to 999\n`);
    return false;
  }
  if (workers !== '1') terminal.error(`keystone: one process serves for now; --workers ${workers} is taken as 1\n`);
  return true;
}

function summarise(plan: Plan): string {
  const backends = plan.tenants.reduce((count, tenant) => count + tenant.services.length, 0);
  const tenants = plan.tenants.length;
  return `${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}, ${backends} ${backends === 1 ? 'backend' : 'backends'}`;
}

type ReloadTools = {
  readonly gateway: Gateway;
  readonly file: string;
  readonly terminal: Terminal;
  readonly world: World;
};

/** Puts in force what the file says now. If it is asked to while it is at work, it does so once more afterwards. */
class Reloader {
  private isReading = false;
  private isStale = false;

  constructor(private readonly tools: ReloadTools) {}

  async reload(): Promise<void> {
    this.isStale = true;
    if (this.isReading) return;
    this.isReading = true;
    while (this.isStale) {
      this.isStale = false;
      await this.read();
    }
    this.isReading = false;
  }

  private async read(): Promise<void> {
    const { gateway, file, terminal, world } = this.tools;
    const rest = (): Promise<void> => new Promise((resolve) => world.afterEvents(resolve));
    const start = world.clock.now();
    const { plan, problems } = await readPlanAgain(file, gateway.plan, rest);
    const read = world.clock.now();
    for (const problem of problems) terminal.error(`${formatProblem(problem)}\n`);
    if (plan === null) {
      gateway.log('error', 'reload refused: the configuration has problems; the one in force stays', { file });
      return;
    }
    const applied = await gateway.apply(plan);
    if (applied.kind !== 'in_force') return;
    const { added, changed, removed } = applied.change;
    const counts = { added: added.length, changed: changed.length, removed: removed.length };
    const times = { read_in: between(start, read), applied_in: between(read, world.clock.now()) };
    gateway.log('info', 'configuration reloaded', { file, tenants: plan.tenants.length, ...counts, ...times });
  }
}

function between(start: Millis, end: Millis): string {
  return `${Math.round(end - start)}ms`;
}
