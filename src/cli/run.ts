// keystone run: the gateway, until a signal ends it. What takes time is loaded when the processes that serve load their
// programs, too.
import { Recruits } from '../supervise/recruits.ts';
import { type World, realWorld } from '../world.ts';
import { reapOrphans } from '../world/orphans.ts';
import { SUPERVISOR_NAME, nameProcess } from '../world/process-name.ts';
import { takeServiceManager } from '../world/service-manager.ts';
import { isSuccessor } from '../world/spawn-self.ts';
import { takeGivenSockets } from '../world/take-given-sockets.ts';
import { ADDRESS_OPTION } from './address.ts';
import { CONFIG_OPTION } from './config-option.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { ServiceSignals } from './signals.ts';
import { wantedWorkers } from './wanted-workers.ts';

export const run: Command = {
  name: 'run',
  summary:
    'Start the gateway. SIGHUP reloads the configuration, SIGUSR2 upgrades the program; SIGINT and SIGTERM end it gracefully.',
  operands: '',
  options: [
    CONFIG_OPTION,
    ADDRESS_OPTION,
    { name: 'watch', summary: 'reload when a file of the configuration changes, or one that it names' },
    { name: 'pid-file', value: 'FILE', summary: 'write the number of the process there; removed at the end' },
    {
      name: 'workers',
      short: 'w',
      value: 'N',
      summary: 'serving processes; auto, which is the default: one for each core, up to 8',
    },
  ],
  examples: ['keystone run --config keystone.yaml', 'keystone run -c keystone.yaml --addr 127.0.0.1:8080 --watch'],
  run: runGateway,
};

async function runGateway(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const signals = new ServiceSignals();
  terminal.goOnWithoutOutput();
  reapOrphans();
  nameProcess(SUPERVISOR_NAME);
  const world = realWorld();
  const { NOTIFY_SOCKET, WATCHDOG_USEC } = process.env;
  const environment = { NOTIFY_SOCKET, WATCHDOG_USEC };
  // What whoever has started this process gives it. Programs that are started from here on would take it as well.
  const manager = takeServiceManager(process.env);
  const activated = takeGivenSockets(process.env, world.sockets);
  // Where another gateway still serves, nobody waits for this one, and none are started ahead.
  const workers = isSuccessor(process.env) ? null : wantedWorkers(input.options['workers'], null);
  using recruits = recruit(workers?.ok === true ? workers.value : 0, world);
  const { startGateway } = await import('./start-gateway.ts');
  // The recruits are kept until it ends.
  return await startGateway(input, terminal, { signals, world, activated, manager, environment, workers, recruits });
}

function recruit(workers: number, { sockets }: World): Recruits {
  const recruits = new Recruits((descriptor) => sockets?.close(descriptor));
  if (workers > 1 && sockets !== null) recruits.gather(workers);
  return recruits;
}
