// keystone rollback: has the running gateway put in force a configuration that was in force before.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { tellOutcome } from './reload.ts';

export const rollback: Command = {
  name: 'rollback',
  summary: 'Have the running gateway go back to a configuration of its history: the one before, or that number.',
  operands: '[version]',
  options: ADDRESS_OPTIONS,
  examples: ['keystone rollback', 'keystone history'],
  run: runRollback,
};

async function runRollback(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [wanted] = input.positionals;
  if (wanted !== undefined && !/^[1-9]\d{0,8}$/.test(wanted)) {
    terminal.error(`keystone: ${wanted} is no version; keystone history lists their numbers\n`);
    return 2;
  }
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const answer = await opened.value.rollBack(wanted === undefined ? null : Number(wanted));
  if (!answer.ok) {
    terminal.error(describeFailure(answer.error, opened.value.address, null));
    return exitCodeOf(answer.error);
  }
  const { version } = answer.value;
  const done = `version ${version ?? ''} is in force again`;
  const code = tellOutcome(answer.value, terminal, { done, failed: 'not rolled back' });
  if (code === 0) terminal.error(`${FILE_STAYS}\n`);
  return code;
}

const FILE_STAYS =
  'keystone: the configuration file is as it was: the next reload or start takes it again. keystone history show prints the text of a version.';
