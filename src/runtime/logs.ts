// The logs of a process, and of those that serve for it.
import type { AccessLog } from '../observe/access-log/access-log.ts';
import type { ApplicationLog } from '../observe/application-log.ts';
import type { LogRotation } from '../observe/log-rotation.ts';

/** Processes that write the same files. */
type OtherWriters = { reopenLogs(): void };

export class Logs {
  /** Null: there are none. */
  others: OtherWriters | null = null;

  constructor(
    readonly access: AccessLog,
    readonly application: ApplicationLog,
    /** Of the files of both. */
    readonly rotation: LogRotation,
  ) {
    rotation.files = () => [...access.files, ...application.files];
  }

  /** Their files were moved away: opens them anew. */
  readonly reopen = (): void => {
    this.access.reopen();
    this.application.reopen();
    this.others?.reopenLogs();
  };

  /** Resolves when all lines are written, or cannot be. */
  async written(): Promise<void> {
    await this.access.flush();
    await this.application.flushed();
  }

  close(): void {
    this.rotation.close();
    this.access.close();
    this.application.close();
  }
}
