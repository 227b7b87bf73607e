// Finds the command that was typed, parses its options, and writes all help texts.
import { parseArgs } from 'node:util';
import { VERSION } from '../core/version.ts';
import { nearest } from '../core/near-miss.ts';
import type { Command, CommandInput, CommandOption, ExitCode, Terminal } from './contract.ts';

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
  if (HELP.has(name)) return printHelp(commands, rest[0], terminal);
  if (VERSIONS.has(name)) {
    terminal.out(`keystone ${VERSION}\n`);
    return 0;
  }
  // The original was started with options alone; that means `run`.
  if (name.startsWith('-')) return dispatch(commands, ['run', ...words], environment, terminal);
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
  return command.run({ ...parsed, environment }, terminal);
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
  terminal.error(`keystone: there is no command ${name}${hint}\n\n${overview(commands)}`);
  return 2;
}

type Parsed = Pick<CommandInput, 'options' | 'lists' | 'positionals'>;

function parseWords(command: Command, words: readonly string[]): Parsed | string {
  const options = Object.fromEntries(command.options.map((option) => [option.name, parseOption(option)]));
  try {
    const { values, positionals } = parseArgs({
      args: words.map((word) => longForm(command, word)),
      options,
      allowPositionals: true,
      strict: true,
    });
    const wanted = command.operands.split(' ').filter((word) => word.startsWith('<')).length;
    const allowed = allowedOperands(command.operands);
    if (positionals.length < wanted) return `expected ${command.operands}`;
    if (positionals.length > allowed) return `unexpected ${positionals[allowed] ?? ''}`;
    return { options: readValues(values), lists: readLists(values), positionals };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// How many operands a command takes. One that ends with `…]` may be repeated.
function allowedOperands(operands: string): number {
  if (operands.endsWith('…]')) return Number.POSITIVE_INFINITY;
  return operands === '' ? 0 : operands.split(' ').length;
}

function readValues(values: Readonly<Record<string, unknown>>): CommandInput['options'] {
  const read: Record<string, string | boolean> = {};
  for (const [name, value] of Object.entries(values))
    if (typeof value === 'string' || typeof value === 'boolean') read[name] = value;
  return read;
}

function readLists(values: Readonly<Record<string, unknown>>): CommandInput['lists'] {
  const read: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(values))
    if (Array.isArray(value)) read[name] = value.filter((item) => typeof item === 'string');
  return read;
}

function parseOption(option: CommandOption): { type: 'string' | 'boolean'; multiple: boolean; short?: string } {
  const type = option.value === undefined ? 'boolean' : 'string';
  const multiple = option.isList === true;
  return option.short === undefined ? { type, multiple } : { type, multiple, short: option.short };
}

// The original's options have one dash (-config, -addr); they are read as if they had two.
function longForm(command: Command, word: string): string {
  const name = /^-([a-z]{2,})(=.*)?$/.exec(word);
  const isOption = name !== null && command.options.some((option) => option.name === name[1]);
  return isOption ? `-${word}` : word;
}

function usageLine(command: Command): string {
  const operands = command.operands === '' ? '' : ` ${command.operands}`;
  return `Usage: keystone ${command.name}${operands}${command.options.length === 0 ? '' : ' [options]'}`;
}

function overview(commands: readonly Command[]): string {
  const rows = commands.map((command) => `  ${command.name.padEnd(10)} ${command.summary}`);
  return `keystone ${VERSION}: a multi-tenant HTTP gateway

Usage: keystone <command> [options]

${rows.join('\n')}
  help       Explain a command: keystone help run

Exit codes: 0 done, 1 it failed and says why, 2 the command was not understood, 130 stopped by Ctrl-C.
`;
}

function commandHelp(command: Command): string {
  const options = command.options.map((option) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    const long = `--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`;
    return `  ${short}${long.padEnd(22)} ${option.summary}`;
  });
  const optionText = options.length === 0 ? '' : `\nOptions:\n${options.join('\n')}\n`;
  const examples = command.examples.map((example) => `  ${example}`).join('\n');
  return `${command.summary}\n\n${usageLine(command)}\n${optionText}\nExamples:\n${examples}\n`;
}
