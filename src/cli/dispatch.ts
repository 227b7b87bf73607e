// Finds the command that was typed, and writes all help texts.
import { VERSION } from '../core/version.ts';
import { nearest } from '../core/near-miss.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { columns } from './columns.ts';
import { parseWords } from './words.ts';

const HELP = new Set(['help', '--help', '-h', '-help']);
const VERSIONS = new Set(['--version', '-v', '-version']);

/** Runs what `words` (without the program's name) ask for. */
export async function dispatch(
  commands: readonly Command[],
  words: readonly string[],
  environment: CommandInput['environment'],
  terminal: Terminal,
): Promise<ExitCode> {
  const [name = 'help', ...rest] = words;
  if (HELP.has(name))
    return printHelp(
      commands,
      rest.find((word) => !HELP.has(word)),
      terminal,
    );
  if (VERSIONS.has(name)) {
    terminal.out(`keystone ${VERSION}\n`);
    return 0;
  }
  if (meansRun(name)) return dispatch(commands, ['run', ...words], environment, terminal);
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return unknownCommand(commands, name, terminal);
  if (rest.some((word) => HELP.has(word) && word !== 'help')) {
    terminal.out(commandHelp(command));
    return 0;
  }
  const parsed = parseWords(command, rest);
  if (typeof parsed === 'string') {
    terminal.error(`keystone ${name}: ${parsed}\n\n${usageLine(command)}\nTry: keystone help ${name}\n`);
    return 2;
  }
  return command.run({ ...parsed, environment, commands }, terminal);
}

/** Whether the words mean the command `run`. */
export function asksToRun([name = 'help']: readonly string[]): boolean {
  return name === 'run' || (meansRun(name) && !HELP.has(name) && !VERSIONS.has(name));
}

// The original was started with options alone.
function meansRun(name: string): boolean {
  return name.startsWith('-');
}

function printHelp(commands: readonly Command[], name: string | undefined, terminal: Terminal): ExitCode {
  const command = commands.find((candidate) => candidate.name === name);
  if (name !== undefined && command === undefined) return unknownCommand(commands, name, terminal);
  terminal.out(command === undefined ? overview(commands) : commandHelp(command));
  return 0;
}

function unknownCommand(commands: readonly Command[], name: string, terminal: Terminal): ExitCode {
  const guess = nearest(
    name,
    commands.map((command) => command.name),
  );
  const hint = guess === null ? '' : ` (did you mean ${guess}?)`;
  terminal.error(`keystone: there is no command ${name}${hint}\nTry: keystone help\n`);
  return 2;
}

function usageLine(command: Command): string {
  const operands = command.operands === '' ? '' : ` ${command.operands}`;
  return `Usage: keystone ${command.name}${operands}${command.options.length === 0 ? '' : ' [options]'}`;
}

function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [`  ${name}`, summary] as const);
  return `keystone ${VERSION}: a multi-tenant HTTP gateway

Usage: keystone <command> [options]

${columns([...rows, ['  help', 'Explain a command: keystone help run']])}

Exit codes: 0 done, 1 it failed and says why, 2 the command was not understood,
130 stopped by Ctrl-C.
`;
}

function commandHelp(command: Command): string {
  const options = command.options.map((option) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    const long = `--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`;
    return [`  ${short}${long}`, option.summary] as const;
  });
  const optionText = options.length === 0 ? '' : `\nOptions:\n${columns(options)}\n`;
  const examples = command.examples.map((example) => `  ${example}`).join('\n');
  return `${command.summary}\n\n${usageLine(command)}\n${optionText}\nExamples:\n${examples}\n`;
}
