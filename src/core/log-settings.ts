// How the log is written: which lines, in which form, and where.
import type { RotateSettings } from './rotate-settings.ts';

/** From all lines to the fewest. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export const logFormats = ['auto', 'text', 'json'] as const;

export type LogLevel = (typeof logLevels)[number];

export type LogPlace = { readonly kind: 'stderr' | 'stdout' } | { readonly kind: 'file'; readonly path: string };

export type LogSettings = {
  readonly level: LogLevel;
  readonly format: (typeof logFormats)[number];
  readonly output: LogPlace;
  /** Of a file. */
  readonly rotate: RotateSettings;
};
