// keystone reload: has the running gateway read its configuration again, and says what has come of it.
import { formatProblem } from '../config/problems.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import type { ReloadAnswer } from './admin-answers.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { readPidFile } from './pid-file.ts';
import { someOf } from './reloader.ts';

export const reload: Command = {
  name: 'reload',
  summary: 'Have the running gateway read its configuration again, and say what is new, changed or wrong.',
  operands: '',
  options: [
    { name: 'pid-file', value: 'FILE', summary: 'send SIGHUP to the process in it instead; the log says how it went' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone reload', 'keystone reload --pid-file /run/keystone.pid'],
  run: runReload,
};

async function runReload(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const pidFile = typed(input, 'pid-file');
  if (pidFile !== null) return signal(pidFile, terminal);
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const answer = await opened.value.reload();
  if (answer.ok) return tell(answer.value, terminal);
  terminal.error(describeFailure(answer.error, opened.value.address, null));
  return exitCodeOf(answer.error);
}

function tell({ kind, added, changed, removed, problems }: ReloadAnswer, terminal: Terminal): ExitCode {
  for (const problem of problems) terminal.error(`${formatProblem(problem)}\n`);
  if (kind !== 'reloaded') {
    const why = kind === 'refused' ? 'the configuration has problems' : 'another one has taken its place, or it failed';
    terminal.error(`keystone: not reloaded: ${why}; the gateway serves as before\n`);
    return 1;
  }
  const parts = [describe('new', added), describe('changed', changed), describe('gone', removed)];
  terminal.out(`reloaded: ${parts.filter((part) => part !== '').join('; ') || 'no tenant has changed'}\n`);
  return 0;
}

function describe(word: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${names.length} ${word} (${someOf(names)})`;
}

function signal(path: string, terminal: Terminal): ExitCode {
  const pid = readPidFile(path);
  if (!pid.ok) {
    terminal.error(`keystone: ${pid.error}\n`);
    return 1;
  }
  try {
    process.kill(pid.value, 'SIGHUP');
  } catch {
    terminal.error(`keystone: there is no process ${pid.value}, which ${path} names, or it is another user's\n`);
    return 1;
  }
  terminal.out(`process ${pid.value} reads its configuration again; its log says how it went\n`);
  return 0;
}
