// Running other programs as a parameter, for exec checks: `world.ts` provides the real runner.

/** A program to run. */
export type Command = {
  /** The program and its arguments. No shell interprets them. */
  readonly words: readonly string[];
  /** Variables beside the few that every program needs, such as PATH. The gateway passes on none of its other variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends the program at once, and all programs that it has started. */
  readonly signal: AbortSignal;
};

/** How a program ended. */
export type RunResult =
  /** `output`: the beginning of its output; standard output comes before standard error. */
  | { readonly kind: 'exited'; readonly code: number; readonly output: string }
  | { readonly kind: 'killed'; readonly signal: string }
  /** It wrote more than anybody reads, and was killed. */
  | { readonly kind: 'too_loud' }
  /** The program never ran. `reason`: the system's error code. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Runs a program to its end. The promise rejects with a Shortage only: the gateway could not start a program at all. */
export type Runner = (command: Command) => Promise<RunResult>;
