// Reads the words after a command: its options, with one dash or two, and its operands. What is wrong is said in our words.
import { parseArgs } from 'node:util';
import { nearest } from '../core/near-miss.ts';
import type { Command, CommandInput, CommandOption } from './contract.ts';

export type Words = Pick<CommandInput, 'options' | 'lists' | 'positionals'>;

/** The options and operands; a text: what is wrong with them. */
export function parseWords(command: Command, words: readonly string[]): Words | string {
  const args = words.map((word) => longForm(command, word));
  const options = Object.fromEntries(command.options.map((option) => [option.name, parseOption(option)]));
  const { values, positionals, tokens } = parseArgs({
    args,
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    const problem = token.kind === 'option' ? explainOption(command, token) : null;
    if (problem !== null) return problem;
  }
  const wanted = command.operands.split(' ').filter((word) => word.startsWith('<')).length;
  const allowed = allowedOperands(command.operands);
  if (positionals.length < wanted) return `expected ${command.operands}`;
  if (positionals.length > allowed) return oneTooMany(command, positionals[allowed] ?? '');
  return { options: readValues(values), lists: readLists(values), positionals };
}

// Other programs take the name of a file as it is.
function oneTooMany({ options }: Command, word: string): string {
  const isFile = /\.(ya?ml|json|m?[jt]s)$/.test(word) && options.some(({ name }) => name === 'config');
  return `${word} is one word more than it takes${isFile ? ` (did you mean --config ${word}?)` : ''}`;
}

type TypedOption = { readonly name: string; readonly rawName: string; readonly value?: string | undefined };

function explainOption(command: Command, { name, rawName, value }: TypedOption): string | null {
  const option = command.options.find((one) => one.name === name);
  if (option === undefined) return unknownOption(command, rawName);
  const { value: placeholder } = option;
  if (placeholder === undefined) return value === undefined ? null : `${rawName} takes no value`;
  if (value === undefined) return `${rawName} needs a value: ${rawName} ${placeholder}`;
  // `--config --addr :80`: a value is missing, and the next option would be taken for it.
  return value.startsWith('--') ? `${rawName} needs a value: ${rawName} ${placeholder}` : null;
}

function unknownOption({ options }: Command, typed: string): string {
  if (options.length === 0) return `there is no option ${typed}; the command has none`;
  const names = options.map(({ name }) => name);
  const guess = nearest(typed.replace(/^-+/, ''), names);
  const known = names.map((name) => `--${name}`).join(', ');
  return `there is no option ${typed} (${guess === null ? `it has ${known}` : `did you mean --${guess}?`})`;
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

// The original's options have one dash (-config, -addr); they are read as if they had two, also where they are misspelled.
function longForm(command: Command, word: string): string {
  const name = /^-([a-z]{2,})(?:=.*)?$/.exec(word)?.[1];
  if (name === undefined) return word;
  const names = command.options.map((option) => option.name);
  // Shorter words may be a short option with its value.
  const isOption = names.includes(name) || (name.length >= 4 && nearest(name, names) !== null);
  return isOption ? `-${word}` : word;
}
