// The access log: a line for each exchange, made from its record alone.
import type { AccessLogOutput, AccessLogSettings, SyslogAddress } from '../../core/access-log-settings.ts';
import type { Clock } from '../../core/clock.ts';
import type { LogSink } from '../../core/log-sink.ts';
import type { RotatedFile } from '../../core/rotate-settings.ts';
import { millis } from '../../core/units.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../message/record.ts';
import type { Plan } from '../../plan/plan.ts';
import type { TellTrouble } from '../common-trouble.ts';
import type { LineFormat } from './fields.ts';
import { lineFormat } from './line-format.ts';
import { type LineCounts, LogOutput, type OutputTrouble } from './log-output.ts';

// How often files are looked at that may have been moved away.
const LOOK = millis(1000);
const FIRST_BAD = 400;

export type AccessLogTools = {
  readonly clock: Pick<Clock, 'now' | 'wall' | 'after' | 'every'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly tell: TellTrouble;
  readonly openSink: (output: AccessLogOutput) => LogSink;
  readonly counts: LineCounts;
};

/** A way of writing lines, with where they go. */
type Stream = {
  readonly settings: AccessLogSettings;
  readonly write: LineFormat;
  readonly output: LogOutput;
};

export class AccessLog implements ExchangeObserver {
  readonly wantsAttempts = false;
  wantsResponses = false;
  /** Of requests without a tenant, and of tenants that say nothing else; null: they are not logged. */
  private usual: Stream | null = null;
  /** By the names of tenants that differ. */
  private own: ReadonlyMap<string, Stream | null> = new Map();
  /** Those that lines go to. */
  files: readonly RotatedFile[] = [];
  private outputs: ReadonlyMap<string, LogOutput> = new Map();
  private stopLooking: (() => void) | null = null;

  constructor(private readonly tools: AccessLogTools) {}

  /** Somebody's requests are logged. */
  get isOn(): boolean {
    return this.usual !== null || this.own.size > 0;
  }

  /** Logs as that plan wants it. Outputs that it has, too, go on. */
  use({ gateway, tenants }: Plan): void {
    const outputs = new Map<string, LogOutput>();
    const streams = new Map<string, Stream>();
    const streamOf = (settings: AccessLogSettings | null): Stream | null => {
      if (settings === null) return null;
      const key = JSON.stringify(settings);
      const stream = streams.get(key) ?? this.open(settings, outputs);
      streams.set(key, stream);
      return stream;
    };
    this.usual = streamOf(gateway.accessLog);
    const own = new Map<string, Stream | null>();
    for (const { name, accessLog } of tenants) if (accessLog !== 'usual') own.set(name, streamOf(accessLog));
    this.own = own;
    this.wantsResponses = [...streams.values()].some(({ settings }) => readsResponses(settings));
    for (const [key, output] of this.outputs) if (outputs.get(key) !== output) void leave(output);
    this.outputs = outputs;
    this.files = [...streams.values()].flatMap(({ settings }) => fileOf(settings));
    if (this.isOn) this.stopLooking ??= this.tools.clock.every(LOOK, () => this.look());
  }

  private look(): void {
    for (const output of this.outputs.values()) output.look();
  }

  exchangeEnded(record: ExchangeRecord): void {
    const stream = this.streamFor(record);
    if (stream === null || (stream.settings.sample < 1 && this.leavesOut(record, stream.settings))) return;
    const { output, write } = stream;
    const { lines } = output;
    lines.begin();
    write(record);
    if (lines.end()) return output.added();
    if (!output.makeRoom()) return output.lost();
    lines.begin();
    write(record);
    if (lines.end()) output.added();
    else output.lost();
  }

  attemptEnded(): void {}

  /** Opens the files anew: they were moved away. */
  reopen(): void {
    for (const output of this.outputs.values()) output.reopen();
  }

  /** Writes what there is. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.outputs.values(), (output) => output.flushed()));
  }

  close(): void {
    this.stopLooking?.();
    this.stopLooking = null;
    for (const output of this.outputs.values()) output.close();
  }

  private streamFor({ tenantName }: ExchangeRecord): Stream | null {
    if (tenantName === null || this.own.size === 0) return this.usual;
    const own = this.own.get(tenantName);
    return own === undefined ? this.usual : own;
  }

  private leavesOut({ status, times }: ExchangeRecord, { sample, slowAfter }: AccessLogSettings): boolean {
    const isGood = status > 0 && status < FIRST_BAD && times.left - times.begun < slowAfter;
    return isGood && this.tools.random() >= sample;
  }

  private open(settings: AccessLogSettings, outputs: Map<string, LogOutput>): Stream {
    const key = `${nameOf(settings.output)} ${settings.buffer}`;
    const output = outputs.get(key) ?? this.outputs.get(key) ?? this.openOutput(settings);
    outputs.set(key, output);
    return { settings, output, write: lineFormat(settings, output.lines, this.tools.clock) };
  }

  private openOutput({ output, buffer }: AccessLogSettings): LogOutput {
    const { clock, tell, openSink, counts } = this.tools;
    const told = (trouble: OutputTrouble): void => tellOf(trouble, nameOf(output), tell);
    return new LogOutput(buffer, { sink: openSink(output), clock, tell: told, counts });
  }
}

function readsResponses({ format, responseFields }: AccessLogSettings): boolean {
  return typeof format === 'string' ? responseFields.length > 0 : format.template.includes('{response.');
}

function fileOf({ output, rotate }: AccessLogSettings): readonly RotatedFile[] {
  return output.kind === 'file' ? [[output.path, rotate]] : [];
}

async function leave(output: LogOutput): Promise<void> {
  await output.flushed();
  output.close();
}

// As the configuration calls it.
function nameOf(output: AccessLogOutput): string {
  switch (output.kind) {
    case 'stdout':
      return 'stdout';
    case 'file':
      return output.path;
    case 'syslog':
      return syslogName(output.to);
  }
}

function syslogName(to: SyslogAddress): string {
  return to.kind === 'unix' ? `syslog:${to.path}` : `syslog://${to.hostname}:${to.port}`;
}

function tellOf(trouble: OutputTrouble, output: string, tell: TellTrouble): void {
  const { kind, dropped } = trouble;
  switch (kind) {
    case 'failing': {
      const { problem, failures } = trouble;
      const fields = { output, problem, failures, dropped };
      return tell({ level: 'error', message: 'the access log cannot be written', place: output, fields });
    }
    case 'dropping': {
      const message = 'lines of the access log are dropped: its output is too slow';
      return tell({ level: 'warn', message, place: output, fields: { output, dropped } });
    }
    case 'well':
      return tell({
        level: 'info',
        message: 'the access log is written again',
        place: output,
        fields: { output, dropped },
      });
  }
}
