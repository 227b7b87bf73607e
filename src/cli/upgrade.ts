// keystone upgrade: has the installed program take the place of the running one, without losing a request.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { signalTo } from './pid-file.ts';

export const upgrade: Command = {
  name: 'upgrade',
  summary: 'Have the installed program take the place of the running one, without losing a request.',
  operands: '',
  options: [
    { name: 'pid-file', value: 'FILE', summary: 'send SIGUSR2 to the process in it instead; the log says how it went' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone upgrade', 'keystone upgrade --pid-file /run/keystone.pid'],
  run: runUpgrade,
};

async function runUpgrade(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const pidFile = typed(input, 'pid-file');
  if (pidFile !== null) return signalTo(pidFile, 'SIGUSR2', 'is upgraded', terminal);
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const answer = await opened.value.upgrade();
  if (!answer.ok) {
    terminal.error(describeFailure(answer.error, opened.value.address, null));
    return exitCodeOf(answer.error);
  }
  const { kind, reason, pid, version } = answer.value;
  if (kind === 'upgraded') {
    terminal.out(`upgraded: process ${pid ?? '?'} serves, version ${version ?? '?'}\n`);
    return 0;
  }
  terminal.error(`keystone: not upgraded: ${reason ?? kind}; the gateway serves as before\n`);
  return 1;
}
