// Numbers as little pictures and short texts, for terminals.

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A bar of at most `width` columns for a share from 0 to 1, in steps of an eighth of a column. */
export function bar(share: number, width: number, isUnicode: boolean): string {
  const filled = Math.min(Math.max(share, 0), 1) * width;
  if (!isUnicode) return '#'.repeat(Math.round(filled));
  const eighths = Math.round(filled * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** The latest `width` values as columns between zero and the highest of them. */
export function sparkline(values: readonly number[], width: number, isUnicode: boolean): string {
  if (!isUnicode) return '';
  const shown = values.slice(-width);
  const highest = Math.max(1, ...shown);
  return shown.map((value) => LEVELS[Math.min(7, Math.floor((value / highest) * 7.5))] ?? '').join('');
}

/** `12,345`. */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `33 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `0.8ms`, `12ms`, `1.2s`; a dash where there is none. */
export function latency(milliseconds: number | null): string {
  if (milliseconds === null) return '-';
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)}s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)}ms`;
}

/** `8.3s`, `1m 05s`. */
export function elapsed(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  return `${Math.floor(seconds / 60)}m ${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}

/** `0 %`, `0.4 %`, `12 %`: a share that is not zero never looks as if it were. */
export function exactPercent(part: number): string {
  const hundredths = part * 100;
  if (hundredths === 0 || hundredths >= 10) return percent(part);
  return hundredths < 0.1 ? '<0.1 %' : `${hundredths.toFixed(1)} %`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `512 B`, `1.2 MB`: by thousands. */
export function size(bytes: number): string {
  let value = bytes;
  let at = 0;
  while (value >= 999.5 && at < UNITS.length - 1) {
    value /= 1000;
    at++;
  }
  return `${value.toFixed(at > 0 && value < 10 ? 1 : 0)} ${UNITS[at] ?? ''}`;
}
