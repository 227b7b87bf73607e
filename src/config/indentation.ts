// Says of a line that does not fit the ones above what is wrong with the spaces before it. The YAML library notices such a line,
// but not why it does not fit.

export type Misplaced = { readonly offset: number; readonly message: string };

// Spaces that editors and pages of the web put in the place of ordinary ones.
const ODD_SPACE = /^[ \t]*[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000\uFEFF]/;

/** What is wrong with the indentation of the line at `offset`, where the library has found a mistake, or of the line before it.
 * Null: it fits one of the lines above, so that the mistake is another one. */
export function misplacedLine(text: string, offset: number): Misplaced | null {
  const before = text.slice(0, offset).split('\n');
  const start = offset - (before.at(-1) ?? '').length;
  const line = text.slice(start).split('\n', 1)[0] ?? '';
  return oddSpace(start, line) ?? oddSpaceAbove(start, before) ?? strayIndentation(start, line, before.slice(0, -1));
}

function oddSpaceAbove(start: number, before: readonly string[]): Misplaced | null {
  const above = before.at(-2);
  return above === undefined ? null : oddSpace(start - above.length - 1, above);
}

function oddSpace(start: number, line: string): Misplaced | null {
  const odd = ODD_SPACE.exec(line);
  if (odd === null) return null;
  return {
    offset: start + odd[0].length - 1,
    message: 'a space in the indentation that is no ordinary one, such as a no-break space',
  };
}

function strayIndentation(start: number, line: string, above: readonly string[]): Misplaced | null {
  const indent = indentOf(line);
  if (indent === null || indent === 0 || above.some((other) => /[[{|>]\s*$/.test(other))) return null;
  const open = openIndents(above);
  if (open.length === 0 || open.includes(indent) || indent > (open.at(-1) ?? 0)) return null;
  const message = `the indentation of ${spaces(indent)} fits no line above; those that go on here have ${open.join(', ')}`;
  return { offset: start + indent, message };
}

// The columns at which keys and items may go on after the last of the lines.
function openIndents(lines: readonly string[]): readonly number[] {
  const open: number[] = [];
  for (const line of lines) {
    let indent = indentOf(line);
    if (indent === null) continue;
    while ((open.at(-1) ?? -1) > indent) open.pop();
    if (open.at(-1) !== indent) open.push(indent);
    // What stands behind a dash is a level of its own.
    for (const [dash] of line.trimStart().matchAll(/(?<=^(?:- *)*)- +/g)) {
      indent += dash.length;
      open.push(indent);
    }
  }
  return open;
}

// Null: nothing stands on the line.
function indentOf(line: string): number | null {
  return /^ *(?=[^\s#])/.exec(line)?.[0].length ?? null;
}

function spaces(count: number): string {
  return count === 1 ? '1 space' : `${count} spaces`;
}
