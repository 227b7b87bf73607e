// Draws the text of a terminal, with its colours, as an SVG. Bars and signs become shapes, because fonts draw them with gaps
// or lack them; every run of text has a given length, so that columns stay aligned in any font.

export type PictureOptions = {
  /** In columns. */
  readonly width: number;
  /** In lines. */
  readonly height: number;
  readonly title: string;
};

const CELL = 8.4;
const LINE = 21;
const FONT_SIZE = 14;
const MARGIN = 18;
const BAR = 38;
const RADIUS = 10;

const FONTS = "ui-monospace,'SF Mono',SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";
const BACKGROUND = '#10141b';
const TITLE_BAR = '#191f29';
const EDGE = '#2b3442';
const TITLE = '#8390a2';
const BUTTONS = ['#ff5f57', '#febc2e', '#28c840'];

/** Colours by the terminal's codes. */
const COLORS: Readonly<Record<string, string>> = {
  '': '#d3dae4',
  '1': '#ffffff',
  '2': '#76849a',
  '32': '#5ad19a',
  '91': '#ff7a7a',
  '33': '#ecbd62',
  '36': '#58b4f2',
};
const BOLD = '1';

/** `frame`: lines with SGR codes. */
export function terminalPicture(frame: string, options: PictureOptions): string {
  const width = Math.ceil(options.width * CELL + 2 * MARGIN);
  const height = Math.ceil(options.height * LINE + BAR + 2 * MARGIN - 6);
  const lines = frame.split('\n').map((line, row) => drawLine(line, BAR + MARGIN + row * LINE));
  const shapes = lines.filter((line) => line !== '');
  return `${openPicture(width, height, options.title)}\n${shapes.join('\n')}\n</g>\n</svg>\n`;
}

function openPicture(width: number, height: number, title: string): string {
  const buttons = BUTTONS.map((fill, at) => `<circle cx="${22 + at * 20}" cy="${BAR / 2}" r="6" fill="${fill}"/>`);
  const frame = `x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="${RADIUS}"`;
  const bar = `M0.5 ${BAR}V${RADIUS + 0.5}a${RADIUS} ${RADIUS} 0 0 1 ${RADIUS} -${RADIUS}H${width - RADIUS - 0.5}a${RADIUS} ${RADIUS} 0 0 1 ${RADIUS} ${RADIUS}V${BAR}z`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect ${frame} fill="${BACKGROUND}" stroke="${EDGE}"/>`,
    `<path d="${bar}" fill="${TITLE_BAR}"/>`,
    `<path d="M1 ${BAR}H${width - 1}" stroke="${EDGE}"/>`,
    ...buttons,
    `<g font-family="${FONTS}" font-size="${FONT_SIZE}">`,
    `<text x="${width / 2}" y="${BAR / 2 + 5}" text-anchor="middle" fill="${TITLE}">${escaped(title)}</text>`,
  ].join('\n');
}

type Run = { readonly text: string; readonly code: string; readonly column: number };

function drawLine(line: string, top: number): string {
  return readRuns(line)
    .flatMap((run) => drawRun(run, top))
    .join('');
}

function readRuns(line: string): Run[] {
  const runs: Run[] = [];
  let code = '';
  let column = 0;
  // Splitting by the codes leaves texts and codes in turn.
  for (const [at, part] of line.split(/\u001b\[([\d;]*)m/).entries()) {
    if (at % 2 === 1) {
      code = part === '0' ? '' : part;
      continue;
    }
    if (part !== '') runs.push({ text: part, code, column });
    column += part.length;
  }
  return runs;
}

// A piece is a run of words, a bar, a sparkline or a single sign; spaces alone draw nothing.
const PIECE = /[█▉▊▋▌▍▎▏]+|[▁▂▃▄▅▆▇█]+|[●○✗◆]|[^\s█▉▊▋▌▍▎▏▁▂▃▄▅▆▇●○✗◆]+(?: [^\s█▉▊▋▌▍▎▏▁▂▃▄▅▆▇●○✗◆]+)*/g;

function drawRun(run: Run, top: number): string[] {
  const fill = COLORS[run.code] ?? COLORS[''] ?? '';
  const isLevels = /[▁▂▃▄▅▆▇]/.test(run.text);
  return Array.from(run.text.matchAll(PIECE), ({ 0: text, index }) => {
    const left = round(MARGIN + (run.column + index) * CELL);
    if (isLevels) return drawLevels(text, left, top, fill);
    if (/^[█▉▊▋▌▍▎▏]/.test(text)) return drawBar(text, left, top, fill);
    return drawSign(text, left, top, fill) ?? drawText(text, left, top, run.code);
  });
}

function drawText(text: string, left: number, top: number, code: string): string {
  const weight = code === BOLD ? ' font-weight="700"' : '';
  const length = `textLength="${round(text.length * CELL)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text x="${left}" y="${top + 15}" ${length} fill="${COLORS[code] ?? COLORS['']}"${weight}>${escaped(text)}</text>`;
}

function drawBar(text: string, left: number, top: number, fill: string): string {
  const eighths = Array.from(text, (char) => 8 - '█▉▊▋▌▍▎▏'.indexOf(char));
  const width = round((eighths.reduce((sum, part) => sum + part, 0) * CELL) / 8);
  return `<rect x="${left}" y="${top + 5}" width="${width}" height="10" rx="2" fill="${fill}"/>`;
}

function drawLevels(text: string, left: number, top: number, fill: string): string {
  const columns = Array.from(text, (char, at) => {
    const height = round((('▁▂▃▄▅▆▇█'.indexOf(char) + 1) / 8) * 14);
    return `M${round(left + at * CELL)} ${top + 17}v${-height}h${CELL - 1.6}v${height}z`;
  });
  return `<path d="${columns.join('')}" fill="${fill}"/>`;
}

function drawSign(text: string, left: number, top: number, fill: string): string | null {
  const [x, y] = [round(left + CELL / 2), top + 10.5];
  if (text === '●') return `<circle cx="${x}" cy="${y}" r="4" fill="${fill}"/>`;
  if (text === '○') return `<circle cx="${x}" cy="${y}" r="3.4" fill="none" stroke="${fill}" stroke-width="1.5"/>`;
  if (text === '◆') return `<path d="M${x} ${y - 6}l6 6l-6 6l-6 -6z" fill="${fill}"/>`;
  if (text !== '✗') return null;
  return `<path d="M${round(x - 3.5)} ${y - 3.5}l7 7m0 -7l-7 7" stroke="${fill}" stroke-width="2" stroke-linecap="round"/>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
