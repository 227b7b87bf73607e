// The standard output or the standard error, as a place for lines.

export type StandardPlace = {
  /** Writes a line with its end. */
  readonly write: (line: string) => void;
  readonly isTerminal: boolean;
  /** It is a terminal whose user wants colours (no-color.org). */
  readonly hasColours: boolean;
};
