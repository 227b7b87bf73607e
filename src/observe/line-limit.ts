// The one rule for lines that come again and again: the first ones of a kind are written, and those that follow in the same
// window of time are counted. Otherwise a client, or a backend that flaps, could fill the disk, and what matters would be lost
// among its lines.
import type { Clock } from '../core/clock.ts';
import { millis } from '../core/units.ts';
import type { LogLevel } from '../core/log-settings.ts';
import type { Log, LogFields } from './log.ts';

const WINDOW = millis(60_000);
// Kinds that are counted at a time. Beyond so many, lines that clients can cause share a count for each message; others are
// written without being counted.
const MOST_KINDS = 1000;
/** Of lines that say the same but for their figures: enough to see how often something happens. */
const SAME = 10;

/** What lines have in common that are counted together. */
export type LineKind = {
  readonly level: LogLevel;
  readonly message: string;
  /** Null: it is about no tenant. */
  readonly tenant: string | null;
  /** What else tells lines with this message apart; absent: nothing. */
  readonly why?: string;
  /** Lines that are written in a window. */
  readonly most: number;
};

type Kind = Pick<LineKind, 'level' | 'message' | 'most'>;
/** `fields`: what the last word says of the lines that were left out. */
type Counted = Kind & { lines: number; fields: LogFields };

/** Passes on the first lines of each kind in a window of time, and at its end says how many more there were. */
export class LineLimit {
  private readonly kinds = new Map<string, Counted>();
  private cancelTimer: (() => void) | null = null;
  private isClosed = false;

  /** `isWritten`: whether lines of a level are written at all. */
  constructor(
    private readonly pass: Log,
    private readonly clock: Pick<Clock, 'after'>,
    private readonly isWritten: (level: LogLevel) => boolean = () => true,
  ) {}

  /** The log: a line that says the same as those before it is written or counted. */
  readonly log: Log = (level, message, fields = {}) => {
    if (!this.isWritten(level)) return;
    const counted = this.countedOf(`${level} ${message} ${saidBy(fields)}`, { level, message, most: SAME });
    if (counted !== null) counted.fields = fields;
    if (counted === null || counted.lines <= counted.most) this.pass(level, message, fields);
  };

  /** Writes a line that clients can cause, or counts it. The fields are made only for lines that are written. */
  write({ level, message, tenant, why = '', most }: LineKind, fieldsOf: () => LogFields): void {
    if (!this.isWritten(level)) return;
    const kind = { level, message, most };
    const own = tenant === null ? null : this.countedOf(`${message} ${tenant} ${why}`, kind);
    const counted = own ?? this.countedOf(message, kind, 'always');
    if (own !== null && tenant !== null) own.fields = { tenant };
    if (counted === null || counted.lines <= most) this.pass(level, message, fieldsOf());
  }

  /** Says now how many lines there were more. What follows is written as it comes: the gateway ends. */
  close(): void {
    this.isClosed = true;
    this.cancelTimer?.();
    this.endWindow();
  }

  // Null: it is not counted, for want of room or because the gateway ends.
  private countedOf(key: string, kind: Kind, room: 'if any' | 'always' = 'if any'): Counted | null {
    if (this.isClosed) return null;
    const known = this.kinds.get(key);
    if (known !== undefined) {
      known.lines++;
      return known;
    }
    if (room === 'if any' && this.kinds.size >= MOST_KINDS) return null;
    const counted = { ...kind, lines: 1, fields: {} };
    this.kinds.set(key, counted);
    this.cancelTimer ??= this.clock.after(WINDOW, () => this.endWindow());
    return counted;
  }

  private endWindow(): void {
    this.cancelTimer = null;
    const ended = Array.from(this.kinds.values());
    this.kinds.clear();
    for (const { level, message, lines, most, fields } of ended) {
      if (lines > most) this.pass(level, message, { ...fields, repeated: lines - most, within: `${WINDOW / 1000}s` });
    }
  }
}

// Fields in which people are told of something, with figures that differ each time. Numbers elsewhere belong to names.
const TOLD = new Set(['evidence', 'reason']);
const DURATION = /^[\d.]+(?:us|µs|ms|s|m|h)$/;

/** What a line says, without its figures. */
function saidBy(fields: LogFields): string {
  let said = '';
  for (const [name, value] of Object.entries(fields)) {
    const isFigure = typeof value === 'number' || DURATION.test(value);
    said += ` ${name}=${isFigure ? '#' : TOLD.has(name) ? value.replaceAll(/\d+/g, '#') : value}`;
  }
  return said;
}
