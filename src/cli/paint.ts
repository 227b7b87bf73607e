// Lines of a terminal: spans of text with a tone, fitted to a width first and coloured last, so that a colour never
// counts as a column.

/** What a text is, rather than how it looks. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'act' | 'accent';

export type Span = { readonly text: string; readonly tone: Tone };
export type Line = readonly Span[];

/** Colours of the terminal's own palette, so that a theme of the user's stays one. */
const CODES: Readonly<Record<Tone, string>> = {
  plain: '',
  strong: '1',
  faint: '2',
  good: '32',
  bad: '91',
  act: '33',
  accent: '36',
};

/** A text in one tone. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

/** Number of columns. */
export function widthOf(line: Line): number {
  return line.reduce((width, { text }) => width + text.length, 0);
}

/** Something on the left and something on the right; on the left alone where both do not fit. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = width - widthOf(left) - widthOf(right);
  return gap < 2 ? left : [...left, span(' '.repeat(gap)), ...right];
}

/** Exactly `width` columns; `end` stands for what had to go. */
export function column(text: string, width: number, end = '…'): string {
  return text.length <= width
    ? text.padEnd(width)
    : text.slice(0, Math.max(0, width - end.length)) + end.slice(0, width);
}

/** The line as text of at most `width` columns. */
export function paint(line: Line, width: number, color: boolean): string {
  let left = width;
  let painted = '';
  for (const { text, tone } of line) {
    const kept = printable(text).slice(0, left);
    left -= kept.length;
    painted += color ? colored(kept, tone) : kept;
  }
  return painted;
}

function colored(text: string, tone: Tone): string {
  const code = CODES[tone];
  return code === '' || text === '' ? text : `\u001b[${code}m${text}\u001b[0m`;
}

// What comes from outside must not move the cursor.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
