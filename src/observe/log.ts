// The lines of the log, one for each event that people should know of, in each of their forms.
import type { LogLevel } from '../core/log-settings.ts';

export type LogFields = Readonly<Record<string, string | number>>;

/** Writes log lines. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** `logfmt`: time, level, and the rest as msg="…" key=value …; `terminal`: for people, as it is or in `colours`. */
export type LineForm = 'json' | 'logfmt' | 'terminal' | 'colours';

export type Line = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
};

/** The line without its end. Whatever the values are, it is one line. */
export function formatLine({ at, level, message, fields }: Line, form: LineForm): string {
  const time = new Date(at).toISOString();
  switch (form) {
    case 'json':
      return JSON.stringify({ time, level, msg: message, ...fields });
    case 'logfmt':
      return `${time} ${level}${pairsOf({ msg: message, ...fields }, PLAIN_TEXT)}`;
    case 'terminal':
      return peopleLine(time, level, message, pairsOf(fields, PLAIN_TEXT), PLAIN_TEXT);
    case 'colours':
      return peopleLine(time, level, message, pairsOf(fields, IN_COLOURS), IN_COLOURS);
  }
}

type Paint = (code: string, text: string) => string;

const PLAIN_TEXT: Paint = (_, text) => text;
// Only what the terminal's own palette has, so that the user's theme applies.
const IN_COLOURS: Paint = (code, text) => (code === '' ? text : `\u001b[${code}m${text}\u001b[0m`);
const FAINT = '2';
const STRONG = '1';
const LEVEL_CODES: Readonly<Record<LogLevel, string>> = { debug: FAINT, info: '36', warn: '33', error: '91' };
const LEVEL_WIDTH = 'error'.length;

function peopleLine(time: string, level: LogLevel, message: string, pairs: string, paint: Paint): string {
  const shown = paint(LEVEL_CODES[level], level.toUpperCase());
  const gap = ' '.repeat(LEVEL_WIDTH - level.length);
  const text = paint(level === 'debug' ? '' : STRONG, printable(message));
  return `${paint(FAINT, time)} ${shown}${gap} ${text}${pairs === '' ? '' : ` ${pairs}`}`;
}

function pairsOf(fields: LogFields, paint: Paint): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${paint(FAINT, `${key}=`)}${quoted(value)}`)
    .join('');
}

const PLAIN = /^[\w.:/@+-]+$/;

function quoted(value: string | number): string {
  const text = String(value);
  return PLAIN.test(text) ? text : printable(JSON.stringify(text));
}

// What came from outside must not move the cursor. JSON escapes the control characters below 0x20 alone.
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
