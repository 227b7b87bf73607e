// The problems of a configuration as people read them: one a line, on a terminal with an excerpt of the file, and a count.
import { type Problem, formatProblem, problemCount } from '../config/problems.ts';
import { IS_MISSING } from '../config/read-file.ts';
import { isSecretName } from '../core/secrets.ts';
import { countOf } from '../core/units.ts';

/** The lines. `texts`: the files by their names, for excerpts; empty: without them. */
export function problemList(
  file: string,
  problems: readonly Problem[],
  texts: ReadonlyMap<string, readonly string[]>,
): string {
  const lines = problems.map((problem) => {
    const source = texts.get(problem.file);
    const excerpt = source === undefined ? null : excerptOf(problem, source);
    return `${formatProblem(problem)}\n${excerpt ?? ''}`;
  });
  const [first] = problems;
  const isMissing = first?.file === file && first.line === 0 && first.message === IS_MISSING;
  if (isMissing) return `${lines.join('')}${MISSING}`;
  return `${lines.join('')}${file}: ${countOf(problemCount(problems), 'problem')}\n`;
}

const MISSING =
  '--config names a file elsewhere; "keystone init http://127.0.0.1:3000" writes a first one for an origin.\n';

// So much of a line is shown, around the place.
const WIDEST = 96;
const BEFORE = 60;

// The line with a caret below the place. A line that may hold a secret is not shown: terminals are shared and recorded.
function excerptOf({ line, column, path }: Problem, source: readonly string[]): string | null {
  const text = source[line - 1];
  if (text === undefined || column === 0 || mayHoldSecret(text) || isSecretName(path)) return null;
  const start = Math.max(0, column - 1 - BEFORE);
  const shown = text
    .slice(start, start + WIDEST)
    .replaceAll(/\p{Cc}/gu, ' ')
    .trimEnd();
  return `    ${shown}\n    ${' '.repeat(column - 1 - start)}^\n`;
}

function mayHoldSecret(text: string): boolean {
  return isSecretName(text) || /:\/\/[^/\s]*@/.test(text);
}
