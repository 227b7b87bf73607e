// Where the bytes of logs go: a file, the standard output, a syslog daemon.

/** Why bytes could not be written: as the system calls it (`ENOSPC`), or in words. */
export type SinkProblem = string;

/** Takes the bytes of whole lines. One write at a time: the next when the one before is done. */
export interface LogSink {
  /** Writes bytes [start, end) without making anybody wait. `done` is called once, in a later turn or at once: how many were
   * taken, and why not all of them; null: nothing is wrong. The bytes must not be changed before that. */
  write(
    bytes: Uint8Array,
    start: number,
    end: number,
    done: (taken: number, problem: SinkProblem | null) => void,
  ): void;
  /** Opens its file anew at the next write: somebody has moved it away. */
  reopen(): void;
  /** The file may have been moved away: looks, and opens it anew then. */
  look(): void;
  close(): void;
}
