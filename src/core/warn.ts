// Lines of the log of a kind that clients can cause.

/** What stands beside the message of a line. */
export type LineFields = Readonly<Record<string, string | number>>;

/** Writes a line: one of a kind in a time, and then how many more there were. */
export type Warn = (message: string, fieldsOf: () => LineFields) => void;

/** For lines that only those want who look for a fault. */
export type Debug = {
  /** Somebody does; asked before anything is done for a line. */
  readonly isOn: boolean;
  readonly write: Warn;
};
