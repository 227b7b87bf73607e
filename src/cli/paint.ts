// Lines for a terminal: spans of text, each with a tone. A line is fitted to the width first and coloured last, so that
// the codes of colours are not counted as columns.

/** What a text is, rather than how it looks. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'act' | 'accent';

export type Span = { readonly text: string; readonly tone: Tone };
export type Line = readonly Span[];

/** Only colours of the terminal's own palette, so that the user's theme applies. */
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

/** Puts the two at the ends of the width. If both do not fit, `right` is left out. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = width - widthOf(left) - widthOf(right);
  return gap < 2 ? left : [...left, span(' '.repeat(gap)), ...right];
}

/** Pads or cuts a text to exactly `width` columns; `end` marks a text that was cut. */
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

// Texts from outside may hold control characters, which could move the cursor.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
