// The log of a process: which lines it has, their form, and where they go.
import type { Clock } from '../core/clock.ts';
import { type LogLevel, type LogPlace, type LogSettings, logLevels } from '../core/log-settings.ts';
import type { LogSink } from '../core/log-sink.ts';
import type { RotatedFile } from '../core/rotate-settings.ts';
import type { StandardPlace } from '../core/standard-place.ts';
import { millis } from '../core/units.ts';
import { LogOutput, type OutputTrouble } from './access-log/log-output.ts';
import { type LineForm, type Log, formatLine } from './log.ts';

// Of a file: how often it is looked at, since it may have been moved away; how long lines wait for others; and how many bytes
// of lines wait while it cannot be written.
const LOOK = millis(1000);
const PAUSE = millis(10);
const BUFFER = 1024 * 1024;

export type LogTools = {
  readonly clock: Pick<Clock, 'now' | 'wall' | 'after' | 'every'>;
  readonly openSink: (output: { readonly kind: 'file'; readonly path: string }) => LogSink;
  readonly standard: (kind: 'stdout' | 'stderr') => StandardPlace;
  /** Takes all lines in the place of outputs; null: nobody does. */
  readonly taker: ((line: string) => void) | null;
};

/** Where lines go. */
type Target = {
  readonly form: LineForm;
  write(line: string): void;
  reopen(): void;
  /** Resolves when all lines are written, or cannot be. */
  flushed(): Promise<void>;
  /** What comes later is still written. */
  close(): void;
};

/** The form of the lines that go there. */
export function formFor({ format }: LogSettings, place: StandardPlace | null): LineForm {
  const isTerminal = place?.isTerminal === true;
  if (format === 'json' || (format === 'auto' && !isTerminal)) return 'json';
  if (!isTerminal) return 'logfmt';
  return place?.hasColours === true ? 'colours' : 'terminal';
}

export class ApplicationLog {
  /** Called when the level may have changed. */
  levelChanged: () => void = () => undefined;
  /** Set by an operator; null: the level of the configuration is in force. */
  private ordered: LogLevel | null = null;
  private target: Target;
  /** Lines of the level debug are written. */
  isDebug: boolean;

  constructor(
    private readonly tools: LogTools,
    private settings: LogSettings,
  ) {
    this.target = targetFor(settings, tools);
    this.isDebug = this.has('debug');
  }

  /** The file that lines go to, if they go to one. */
  get files(): readonly RotatedFile[] {
    const { output, rotate } = this.settings;
    return output.kind === 'file' && this.tools.taker === null ? [[output.path, rotate]] : [];
  }

  /** Writes a line. */
  readonly write: Log = (level, message, fields = {}) => {
    if (!this.has(level)) return;
    const { form } = this.target;
    this.target.write(`${formatLine({ at: this.tools.clock.wall(), level, message, fields }, form)}\n`);
  };

  /** Lines of that level are written. */
  has(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= logLevels.indexOf(this.level);
  }

  get level(): LogLevel {
    return this.ordered ?? this.settings.level;
  }

  get configured(): LogLevel {
    return this.settings.level;
  }

  /** What an operator has set; null: nothing. */
  get order(): LogLevel | null {
    return this.ordered;
  }

  /** Goes by that level until there is another one, here or in the configuration; null: by that of the configuration. */
  setLevel(level: LogLevel | null): void {
    this.ordered = level;
    this.look();
  }

  /** Goes by other settings of the configuration. */
  use(settings: LogSettings): void {
    const before = this.settings;
    this.settings = settings;
    if (settings.level !== before.level) this.ordered = null;
    if (settings.format !== before.format || !isSamePlace(settings.output, before.output)) {
      const { target } = this;
      this.target = targetFor(settings, this.tools);
      target.close();
    }
    this.look();
  }

  private look(): void {
    this.isDebug = this.has('debug');
    this.levelChanged();
  }

  /** A file was moved away. */
  reopen(): void {
    this.target.reopen();
  }

  flushed(): Promise<void> {
    return this.target.flushed();
  }

  close(): void {
    this.target.close();
  }
}

function isSamePlace(one: LogPlace, other: LogPlace): boolean {
  return one.kind === 'file' && other.kind === 'file' ? one.path === other.path : one.kind === other.kind;
}

function targetFor(settings: LogSettings, tools: LogTools): Target {
  const { output } = settings;
  const { taker } = tools;
  if (taker !== null) return directly(taker, formFor(settings, null));
  if (output.kind === 'file') return new FileTarget(output.path, settings, tools);
  const place = tools.standard(output.kind);
  return directly(place.write, formFor(settings, place));
}

function directly(write: (line: string) => void, form: LineForm): Target {
  return { form, write, reopen: () => undefined, flushed: () => Promise.resolve(), close: () => undefined };
}

/** A file that several processes may write. */
class FileTarget implements Target {
  readonly form: LineForm;
  private readonly output: LogOutput;
  private readonly stopLooking: () => void;

  constructor(
    private readonly path: string,
    settings: LogSettings,
    private readonly tools: LogTools,
  ) {
    const { clock } = tools;
    this.form = formFor(settings, null);
    const sink = tools.openSink({ kind: 'file', path });
    const tell = (trouble: OutputTrouble): void => this.tellElsewhere(settings, trouble);
    this.output = new LogOutput(BUFFER, { sink, clock, tell }, PAUSE);
    this.stopLooking = clock.every(LOOK, () => this.output.look());
  }

  write(line: string): void {
    this.output.addText(line.slice(0, -1));
  }

  reopen(): void {
    this.output.reopen();
  }

  flushed(): Promise<void> {
    return this.output.flushed();
  }

  close(): void {
    this.stopLooking();
    void this.output.flushed().then(() => this.output.close());
  }

  // The log itself cannot say it.
  private tellElsewhere(settings: LogSettings, trouble: OutputTrouble): void {
    const { kind, dropped } = trouble;
    const place = this.tools.standard('stderr');
    const fields = { output: this.path, ...(kind === 'failing' ? { problem: trouble.problem } : {}), dropped };
    const level = kind === 'well' ? 'info' : 'error';
    const at = this.tools.clock.wall();
    place.write(`${formatLine({ at, level, message: WORDS[kind], fields }, formFor(settings, place))}\n`);
  }
}

const WORDS: Readonly<Record<OutputTrouble['kind'], string>> = {
  failing: 'the log cannot be written',
  dropping: 'lines of the log are dropped: its file is too slow',
  well: 'the log is written again',
};
