// keystone log-level: which lines the log of the running gateway has, and another level for the time being.
import { logLevels } from '../core/log-settings.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { LogLevelAnswer } from './admin-answers.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';

const LEVELS: readonly string[] = [...logLevels, 'configured'];

export const logLevel: Command = {
  name: 'log-level',
  summary: 'Show the level of the log, or change it for the time being; "configured" brings back the configured one.',
  operands: '[level]',
  completes: [LEVELS],
  options: [{ name: 'json', summary: 'print JSON' }, ...ADDRESS_OPTIONS],
  examples: ['keystone log-level', 'keystone log-level debug', 'keystone log-level configured'],
  run: runLogLevel,
};

async function runLogLevel(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [wanted] = input.positionals;
  if (wanted !== undefined && !LEVELS.includes(wanted)) {
    terminal.error(`keystone log-level: ${wanted} is no level; expected ${LEVELS.join(', ')}\n`);
    return 2;
  }
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const answer = await opened.value.logLevel(wanted ?? null);
  if (!answer.ok) {
    terminal.error(describeFailure(answer.error, opened.value.address, null));
    return exitCodeOf(answer.error);
  }
  terminal.out(input.options['json'] === true ? `${JSON.stringify(answer.value, null, 2)}\n` : describe(answer.value));
  return 0;
}

function describe({ level, configured, changed }: LogLevelAnswer): string {
  if (changed === null) return `${level}, as configured\n`;
  const { by, at } = changed;
  const who = `set by ${by.token ?? 'an operator'} from ${by.address} at ${at}`;
  return `${level}, ${who}\nThe configuration has ${configured}, which is in force again with a restart, or a reload that changes it.\n`;
}
