// One place where lines go. They come together in one half of a bounded buffer while the other half is being written, so that
// no request ever waits; what does not fit is dropped and counted.
import type { Clock } from '../../core/clock.ts';
import type { LogSink, SinkProblem } from '../../core/log-sink.ts';
import { millis } from '../../core/units.ts';
import { Lines } from './line-writer.ts';

// How long lines wait for others, unless somebody says otherwise.
const PAUSE = millis(100);
// As many bytes are written at once: to hand them to the thread that writes costs some 100 µs, with all that follows from it.
const BATCH = 256 * 1024;
const RETRY = millis(1000);
// Of an output that cannot keep up, and of one that fails.
const TELL = millis(60_000);

/** What operators are told of an output. */
export type OutputTrouble =
  | { readonly kind: 'failing'; readonly problem: SinkProblem; readonly failures: number; readonly dropped: number }
  | { readonly kind: 'dropping'; readonly dropped: number }
  | { readonly kind: 'well'; readonly dropped: number };

/** Counts for everybody to see. */
export type LineCounts = {
  readonly written: (lines: number) => void;
  /** For want of room, or because the output ends and cannot be written. */
  readonly dropped: (lines: number) => void;
  /** A write has failed. */
  readonly failed: () => void;
};

export type OutputTools = {
  readonly sink: LogSink;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly tell: (trouble: OutputTrouble) => void;
  /** Absent: nobody wants to know. */
  readonly counts?: LineCounts;
};

export class LogOutput {
  readonly lines: Lines;
  /** Lines that came together, and those of them that are being written. */
  private gathered = 0;
  private leaving = 0;
  /** Lines that were dropped for want of room. */
  dropped = 0;
  /** Writes that have failed. */
  failures = 0;
  private spare: Uint8Array;
  /** [from, to) of the spare half is still to be written. */
  private from = 0;
  private to = 0;
  private isWriting = false;
  private isFailing = false;
  private isClosed = false;
  private cancelTimer: (() => void) | null = null;
  private toldAt = Number.NEGATIVE_INFINITY;
  private toldDropped = 0;
  private readonly waiting: (() => void)[] = [];

  /** `capacity`: of both halves together. */
  constructor(
    capacity: number,
    private readonly tools: OutputTools,
    private readonly pause = PAUSE,
  ) {
    const half = Math.ceil(capacity / 2);
    this.lines = new Lines(new Uint8Array(half));
    this.spare = new Uint8Array(half);
  }

  /** Before a line is written again that has not fitted: true if there is more room now. */
  makeRoom(): boolean {
    if (this.isWriting || this.lines.at === 0) return false;
    this.flush();
    return this.lines.at === 0;
  }

  /** A line has been written into `lines`. */
  added(): void {
    this.gathered++;
    if (this.isWriting) return;
    if (this.lines.at >= BATCH) this.flush();
    else this.cancelTimer ??= this.tools.clock.after(this.pause, () => this.flush());
  }

  /** Writes a line that is a text, without its end. */
  addText(line: string): void {
    const bytes = new TextEncoder().encode(line);
    if (this.fits(bytes) || (this.makeRoom() && this.fits(bytes))) this.added();
    else this.lost();
  }

  private fits(line: Uint8Array): boolean {
    const { lines } = this;
    lines.begin();
    lines.raw(line);
    return lines.end();
  }

  /** A line has not fitted. */
  lost(): void {
    this.dropped++;
    this.tools.counts?.dropped(1);
    if (!this.isFailing) this.report({ kind: 'dropping', dropped: this.dropped - this.toldDropped });
  }

  /** Writes what there is. Resolves when that is done, or has failed. */
  flushed(): Promise<void> {
    if (!this.isWriting) this.flush();
    if (!this.isWriting) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  reopen(): void {
    this.tools.sink.reopen();
  }

  look(): void {
    this.tools.sink.look();
  }

  /** Lines that come later are still written, but nothing is tried again. */
  close(): void {
    this.isClosed = true;
    this.cancelTimer?.();
    this.cancelTimer = null;
    if (this.isFailing) this.giveUp();
    this.tools.sink.close();
  }

  private giveUp(): void {
    this.isWriting = false;
    this.tools.counts?.dropped(this.leaving);
    this.leaving = 0;
    this.release();
  }

  private flush(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    const { lines } = this;
    if (this.isWriting || lines.at === 0) return;
    const full = lines.bytes;
    this.from = 0;
    this.to = lines.at;
    lines.use(this.spare);
    this.spare = full;
    this.isWriting = true;
    this.leaving = this.gathered;
    this.gathered = 0;
    this.write();
  }

  private write(): void {
    this.tools.sink.write(this.spare, this.from, this.to, (taken, problem) => this.wrote(taken, problem));
  }

  private wrote(taken: number, problem: SinkProblem | null): void {
    this.from += taken;
    if (problem !== null) return this.failed(problem);
    if (this.from < this.to) return this.write();
    this.isWriting = false;
    this.tools.counts?.written(this.leaving);
    this.leaving = 0;
    if (this.isFailing) this.recovered();
    if (this.lines.at >= BATCH || (this.lines.at > 0 && this.waiting.length > 0)) return this.flush();
    this.release();
    if (this.lines.at > 0) this.cancelTimer ??= this.tools.clock.after(this.pause, () => this.flush());
  }

  // What was not written stays, and is tried again: there may be room later.
  private failed(problem: SinkProblem): void {
    this.failures++;
    this.tools.counts?.failed();
    this.isFailing = true;
    this.report({
      kind: 'failing',
      problem,
      failures: this.failures,
      dropped: this.dropped - this.toldDropped,
    });
    if (this.isClosed) return this.giveUp();
    this.release();
    this.cancelTimer?.();
    this.cancelTimer = this.tools.clock.after(RETRY, () => {
      this.cancelTimer = null;
      this.write();
    });
  }

  private recovered(): void {
    this.isFailing = false;
    this.toldAt = Number.NEGATIVE_INFINITY;
    this.report({ kind: 'well', dropped: this.dropped - this.toldDropped });
    this.toldAt = Number.NEGATIVE_INFINITY;
  }

  private report(trouble: OutputTrouble): void {
    const now = this.tools.clock.now();
    if (now - this.toldAt < TELL) return;
    this.toldAt = now;
    this.toldDropped = this.dropped;
    this.tools.tell(trouble);
  }

  private release(): void {
    for (const done of this.waiting.splice(0)) done();
  }
}
