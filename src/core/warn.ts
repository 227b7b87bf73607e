// Lines of the log of a kind that clients can cause.

/** What stands beside the message of a line. */
export type LineFields = Readonly<Record<string, string | number>>;

/** Writes a line: one of a kind in a time, and then how many were left out. */
export type Warn = (message: string, fieldsOf: () => LineFields) => void;
