// Lists of names with what they mean, within the width of a terminal.
const WIDTH = 80;
const GAP = 2;

/** A line for each name, its text beside it, and where that is longer, below itself. */
export function columns(rows: readonly (readonly [name: string, text: string])[], most = WIDTH): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + GAP;
  return rows
    .map(([name, text]) => `${name.padEnd(width)}${wrapped(text, most - width).join(`\n${' '.repeat(width)}`)}`)
    .join('\n');
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
