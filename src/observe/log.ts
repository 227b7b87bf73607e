// The log: one line for each event that people should know of. As text: time, level, and the rest in logfmt
// (msg="…" key=value …); as JSON: one object.
import { type LogLevel, type LogSettings, logLevels } from '../core/log-settings.ts';

export type LogFields = Readonly<Record<string, string | number>>;

/** Writes log lines. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** A log that gives its lines to `write`. `wall`: milliseconds since 1970. `settings`: those in force at the moment. */
export function createLog(write: (line: string) => void, wall: () => number, settings: () => LogSettings): Log {
  return (level, message, fields = {}) => {
    const { level: least, format } = settings();
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
    const time = new Date(wall()).toISOString();
    write(`${format === 'json' ? jsonLine(time, level, message, fields) : textLine(time, level, message, fields)}\n`);
  };
}

function jsonLine(time: string, level: LogLevel, msg: string, fields: LogFields): string {
  return JSON.stringify({ time, level, msg, ...fields });
}

function textLine(time: string, level: LogLevel, msg: string, fields: LogFields): string {
  const pairs = Object.entries({ msg, ...fields }).map(([key, value]) => ` ${key}=${quoted(value)}`);
  return `${time} ${level}${pairs.join('')}`;
}

const PLAIN = /^[\w.:/@+-]+$/;

function quoted(value: string | number): string {
  const text = String(value);
  return PLAIN.test(text) ? text : JSON.stringify(text);
}
