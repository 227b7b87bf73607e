// A piece of work that a tenant asks the event loop for, and that can wait, such as a request.

/** The line that a job stands in. */
interface Line {
  leave(job: Job): void;
}

/** Work that waits in a line until it is begun or turned away. Owners extend it, and use it again. */
export abstract class Job {
  nextJob: Job | null = null;
  previousJob: Job | null = null;
  /** Null: it does not wait. */
  line: Line | null = null;
  /** When it joined the line, by the time that jobs have waited. */
  since = 0;

  /** It was let in after a wait. */
  abstract begin(): void;
  /** It has waited for too long. */
  abstract turnAway(): void;
  /** The share has been charged with so much for it, in advance. */
  abstract prepaid(cost: number): void;

  /** It does not wait any more: it is not needed. */
  leave(): void {
    if (this.line !== null) this.line.leave(this);
  }
}
