// When a file of a log is set aside, and what becomes of it.
import type { Bytes, Millis } from './units.ts';

export type RotateSettings = {
  /** Infinity: never by size. */
  readonly size: Bytes;
  /** Infinity: never by age. */
  readonly age: Millis;
  /** How many old files are kept. */
  readonly keep: number;
  readonly compress: boolean;
};

/** A file that lines go to. */
export type RotatedFile = readonly [path: string, settings: RotateSettings];
