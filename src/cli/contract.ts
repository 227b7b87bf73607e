// What a command is: its name, its options, its help, and where it writes.

/** 0: done. 1: it failed, and a message says why. 2: the command was not understood. 130: stopped before it was done. */
export type ExitCode = 0 | 1 | 2 | 130;

/** What a shell offers where a value or an operand is typed. Names are asked of the gateway; a backend is TENANT/BACKEND. */
export type Completed = 'nothing' | 'files' | 'tenants' | 'backends' | readonly string[];

export type CommandOption = {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string;
  /** The option may be given more than once; its values are in `lists`. */
  readonly isList?: true;
  /** Absent: files where the value is called FILE, and otherwise nothing. */
  readonly completes?: Completed;
  readonly summary: string;
};

/** What was typed. */
export type CommandInput = {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** The values of options that may be given more than once. */
  readonly lists: Readonly<Record<string, readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** All that there are, for those that are about commands. */
  readonly commands?: readonly Command[];
};

/** The value that was typed for an option; null: none was. */
export function typed({ options }: Pick<CommandInput, 'options'>, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' ? value : null;
}

/** The value of an environment variable. An empty one counts as absent, as in a shell's `${NAME:-default}`. */
export function variable(environment: CommandInput['environment'], name: string): string | null {
  const value = environment[name];
  return value === undefined || value === '' ? null : value;
}

/** Where a command writes: `out` (stdout) gets results, `error` (stderr) everything else. */
export type Terminal = {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly isInteractive: boolean;
  /** People read `error`, on a terminal. */
  readonly isErrorInteractive: boolean;
  /** For a command that serves: a standard output that cannot be written to (closed, or on a full disk) is reported, and no
   * longer ends the program. */
  readonly goOnWithoutOutput: () => void;
};

/** One entry of the registry. */
export type Command = {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, as in the help: `<method> <url>`; an operand that may be repeated is written `[URL…]`. */
  readonly operands: string;
  /** What each operand is, for shells; absent: nothing that they could offer. */
  readonly completes?: readonly Completed[];
  readonly options: readonly CommandOption[];
  /** Complete command lines that work as they are. */
  readonly examples: readonly string[];
  run(input: CommandInput, terminal: Terminal): Promise<ExitCode>;
};

/** Methods that people type. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
