// What every command is, and how it speaks.

/** 0: done. 1: it failed, and a message says why. 2: the command was not understood. 130: stopped before it was done. */
export type ExitCode = 0 | 1 | 2 | 130;

export type CommandOption = {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string;
  /** It may be given more than once: its values are among the `lists`. */
  readonly isList?: true;
  readonly summary: string;
};

/** What was typed. */
export type CommandInput = {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** Of options that may be given more than once. */
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** The value of an environment variable. An empty one counts as absent, as in a shell's `${NAME:-default}`. */
export function variable(environment: CommandInput['environment'], name: string): string | null {
  const value = environment[name];
  return value === undefined || value === '' ? null : value;
}

/** Where a command writes: results to stdout, everything else to stderr. */
export type Terminal = {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly isInteractive: boolean;
};

/** One entry of the registry. */
export type Command = {
  readonly name: string;
  readonly summary: string;
  /** What follows the name: `<method> <url>`, or any number of the same: `[URL…]`. */
  readonly operands: string;
  readonly options: readonly CommandOption[];
  /** Whole command lines that work as they stand. */
  readonly examples: readonly string[];
  run(input: CommandInput, terminal: Terminal): Promise<ExitCode>;
};
