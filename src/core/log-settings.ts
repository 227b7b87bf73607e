// How the log is written: which lines, and in which form.

/** From all lines to the fewest. */
export const logLevels = ['info', 'warn', 'error'] as const;
export const logFormats = ['text', 'json'] as const;

export type LogLevel = (typeof logLevels)[number];

export type LogSettings = { readonly level: LogLevel; readonly format: (typeof logFormats)[number] };
