// What is wrong with a configuration, told to the person who wrote it.

/** Keys and indexes from the root of the file to a value. */
export type Path = readonly (string | number)[];

/** One thing that is wrong, with its place. Never holds the value of an environment variable or a secret. */
export type Problem = {
  readonly file: string;
  /** From 1; 0: the file as a whole. */
  readonly line: number;
  /** From 1, in UTF-16 code units as editors count; 0: the file as a whole. */
  readonly column: number;
  /** Such as `tenants[0].services[1].url`; empty: the root. */
  readonly path: string;
  readonly message: string;
  readonly expected: string | null;
  /** What the person most likely meant. */
  readonly suggestion: string | null;
};

/** `file:line:column path: what is wrong, expected what (did you mean that?)` */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message, expected, suggestion } = problem;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const where = [place, path].filter((part) => part !== '').join(' ');
  const wanted = expected === null ? '' : `, expected ${expected}`;
  const guess = suggestion === null ? '' : ` (did you mean ${suggestion}?)`;
  return `${where === '' ? '' : `${where}: `}${message}${wanted}${guess}`;
}

/** A problem of the file as a whole. */
export function fileProblem(file: string, message: string, expected: string | null = null): Problem {
  return { file, line: 0, column: 0, path: '', message, expected, suggestion: null };
}

/** People do not read more, and a file of noise has a million. */
const MOST_SHOWN = 100;

/** The first problems, and how many more there are. `make` is called for the first ones only. */
export function firstProblems<T>(found: readonly T[], make: (one: T) => Problem): readonly Problem[] {
  const shown = found.slice(0, MOST_SHOWN).map(make);
  const rest = found.length - shown.length;
  return rest === 0 ? shown : [...shown, fileProblem('', `… and ${rest} more`)];
}

/** How many there are, with those that `firstProblems` has left out. */
export function problemCount(problems: readonly Problem[]): number {
  const [, rest] = /^… and (\d+) more$/.exec(problems.at(-1)?.message ?? '') ?? [];
  return rest === undefined ? problems.length : problems.length - 1 + Number(rest);
}

/** A path as it is written in messages. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]{0,63}$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(shorten(part))}]`;
  }
  return text;
}

/** The text, cut so that it does not fill the screen. */
export function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
