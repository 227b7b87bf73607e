// The log: one line for each event that people should know of, in logfmt (time level message key=value …).

export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number>>;

/** Writes log lines. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** A log that gives its lines to `write`. `wall`: milliseconds since 1970. */
export function createLog(write: (line: string) => void, wall: () => number): Log {
  return (level, message, fields = {}) => {
    const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`);
    write(`${new Date(wall()).toISOString()} ${level} ${message}${pairs.join('')}\n`);
  };
}

const PLAIN = /^[\w.:/@+-]+$/;

function quoted(value: string | number): string {
  const text = String(value);
  return PLAIN.test(text) ? text : JSON.stringify(text);
}
