// What shells are told of the commands, so that they complete words.
import type { Command, CommandOption, Completed } from '../contract.ts';

export type CompletedOption = {
  /** With their dashes. */
  readonly names: readonly string[];
  /** Null: it is a switch, and takes no value. */
  readonly value: Completed | null;
  readonly summary: string;
};

export type CompletedCommand = {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What its operands are, in their order. */
  readonly operands: readonly Completed[];
};

/** Makes the script of a shell. */
export type Shell = (commands: readonly CompletedCommand[]) => string;

/** What there is to complete, `help` included. */
export function completedCommands(commands: readonly Command[]): readonly CompletedCommand[] {
  const all = commands.map(({ name, summary, options, completes = [] }) => ({
    name,
    summary,
    options: options.map(completedOption),
    operands: completes,
  }));
  const names = commands.map(({ name }) => name);
  return [...all, { name: 'help', summary: 'Explain a command.', options: [], operands: [names] }];
}

function completedOption({ name, short, value, summary, completes }: CommandOption): CompletedOption {
  const names = short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
  if (value === undefined) return { names, value: null, summary };
  return { names, value: completes ?? (value === 'FILE' ? 'files' : 'nothing'), summary };
}

/** Options by which a command finds its gateway: whoever asks it for names has to know them, too. */
export const ADDRESS_WORDS = ['--url', '--token-file', '--config', '-c'];

/** A text within single quotes, as sh, bash and zsh read them. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
