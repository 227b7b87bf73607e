// Writes logs to files and to the standard output.
import { close, constants, fstatSync, openSync, stat, write } from 'node:fs';
import type { AccessLogOutput } from '../core/access-log-settings.ts';
import type { LogSink, SinkProblem } from '../core/log-sink.ts';
import { errorCode } from '../core/connect-failure.ts';
import { SyslogSink } from './syslog-sink.ts';

/** Opens the place where an access log goes. It is there with the first line: what fails is told then, and tried again. */
export function openLogSink(output: AccessLogOutput): LogSink {
  switch (output.kind) {
    case 'stdout':
      return new DescriptorSink(() => STDOUT, null);
    case 'file':
      return new DescriptorSink(() => openSync(output.path, APPEND, MODE), output.path);
    case 'syslog':
      return new SyslogSink(output.to, () => Date.now());
  }
}

const STDOUT = 1;
// Every write goes to the end of the file as it is then, and in one piece, whoever else writes: so that several processes can
// write whole lines.
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
// Others than the group have no business with what people have looked at.
const MODE = 0o640;

class DescriptorSink implements LogSink {
  private descriptor: number | null = null;
  /** Of the file that it has open. */
  private inode = 0;
  private isWriting = false;
  private isLooking = false;
  private opensAnew = false;
  private isClosed = false;

  /** `path`: null: what it opens is not its own to close. */
  constructor(
    private readonly open: () => number,
    private readonly path: string | null,
  ) {}

  write(
    bytes: Uint8Array,
    start: number,
    end: number,
    done: (taken: number, problem: SinkProblem | null) => void,
  ): void {
    if (this.opensAnew) this.leave();
    try {
      this.descriptor ??= this.opened();
    } catch (error) {
      return done(0, problemOf(error));
    }
    this.isWriting = true;
    write(this.descriptor, bytes, start, end - start, null, (error, taken) => {
      this.isWriting = false;
      if (this.isClosed) this.leave();
      if (error === null) return done(taken, null);
      if (!isFull(error)) this.opensAnew = true;
      done(0, problemOf(error));
    });
  }

  private opened(): number {
    const descriptor = this.open();
    if (this.path !== null) this.inode = fstatSync(descriptor).ino;
    return descriptor;
  }

  reopen(): void {
    this.opensAnew = this.path !== null;
  }

  look(): void {
    const { path, descriptor } = this;
    if (path === null || descriptor === null || this.isLooking) return;
    this.isLooking = true;
    stat(path, (error, found) => {
      this.isLooking = false;
      if (error !== null || found.ino !== this.inode) this.opensAnew = true;
    });
  }

  close(): void {
    this.isClosed = true;
    if (!this.isWriting) this.leave();
  }

  private leave(): void {
    const { descriptor } = this;
    this.descriptor = null;
    this.opensAnew = false;
    if (descriptor !== null && this.path !== null) close(descriptor, () => undefined);
  }
}

function isFull(error: unknown): boolean {
  return errorCode(error) === 'ENOSPC';
}

function problemOf(error: unknown): SinkProblem {
  return errorCode(error) ?? String(error);
}
