// Other programs as a parameter: what `world.ts` provides.

/** A program to run. */
export type Command = {
  /** The program and its words, at least one; no shell looks at them. */
  readonly words: readonly string[];
  /** Besides the few variables that every program needs, such as PATH: nothing else of ours is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it at once, with whatever it has started itself. */
  readonly signal: AbortSignal;
};

/** How a program ended. */
export type RunResult =
  /** `output`: the beginning of what it wrote, to standard output first. */
  | { readonly kind: 'exited'; readonly code: number; readonly output: string }
  | { readonly kind: 'killed'; readonly signal: string }
  /** It never ran. `reason` is the system's error code. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Runs a program to its end; never rejects. */
export type Runner = (command: Command) => Promise<RunResult>;
