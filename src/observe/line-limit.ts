// Limits how often lines of the log are written that clients can cause: otherwise a client could fill the disk, and what
// matters would be lost among its lines.
import type { Clock } from '../core/clock.ts';
import { millis } from '../core/units.ts';
import type { LogLevel } from '../core/log-settings.ts';
import type { Log, LogFields } from './log.ts';

const WINDOW = millis(10_000);
// Lines are counted by message and tenant. Beyond so many, the tenants of a message share one count.
const MOST_KINDS = 1000;

/** What lines have in common that are counted together. */
export type LineKind = {
  readonly level: LogLevel;
  readonly message: string;
  /** Null: it is about no tenant. */
  readonly tenant: string | null;
  /** Lines that are written in a window. */
  readonly most: number;
};

type Counted = LineKind & { lines: number };

/** Passes on the first lines of each kind in a window of time, and at its end says how many were left out. */
export class LineLimit {
  private readonly kinds = new Map<string, Counted>();
  private cancelTimer: (() => void) | null = null;

  constructor(
    private readonly log: Log,
    private readonly clock: Pick<Clock, 'after'>,
  ) {}

  /** Writes a line, or counts it. The fields are made only for lines that are written. */
  write(kind: LineKind, fieldsOf: () => LogFields): void {
    const counted = this.countedOf(kind);
    counted.lines++;
    if (counted.lines <= counted.most) this.log(kind.level, kind.message, fieldsOf());
  }

  /** Says now what has been left out: the gateway ends. */
  close(): void {
    this.cancelTimer?.();
    this.endWindow();
  }

  private countedOf(kind: LineKind): Counted {
    const { message, tenant } = kind;
    const key = tenant === null ? message : `${message} ${tenant}`;
    const known = this.kinds.get(key);
    if (known !== undefined) return known;
    if (tenant !== null && this.kinds.size >= MOST_KINDS) return this.countedOf({ ...kind, tenant: null });
    const counted = { ...kind, lines: 0 };
    this.kinds.set(key, counted);
    this.cancelTimer ??= this.clock.after(WINDOW, () => this.endWindow());
    return counted;
  }

  private endWindow(): void {
    this.cancelTimer = null;
    const ended = Array.from(this.kinds.values());
    this.kinds.clear();
    for (const { level, message, tenant, lines, most } of ended) {
      if (lines <= most) continue;
      const fields = { left_out: lines - most, within: `${WINDOW / 1000}s` };
      this.log(level, message, tenant === null ? fields : { tenant, ...fields });
    }
  }
}
