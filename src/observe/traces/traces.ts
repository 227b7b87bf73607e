// Tells a collector of the exchanges that are recorded in traces.
import type { Clock } from '../../core/clock.ts';
import type { TracingSettings } from '../../core/tracing-settings.ts';
import { type Millis, millis, share } from '../../core/units.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../message/record.ts';
import { NO_TRACING, type TracingRules } from '../../message/tracing-rules.ts';
import type { Plan } from '../../plan/plan.ts';
import { LineTime } from '../access-log/line-time.ts';
import { spansOf } from './span.ts';
import { SpanExport, type SpanExportTools } from './span-export.ts';
import { createSpanEncoder } from './span-encoder.ts';

export type TracesTools = Omit<SpanExportTools, 'loadEncoder' | 'clock'> & {
  readonly clock: Pick<Clock, 'now' | 'wall' | 'after'>;
  /** Tells this process apart from others of the gateway. */
  readonly instance: string;
  /** There are traces no more that exchanges of before could belong to. */
  readonly ended: () => void;
};

// For the last spans of an endpoint that a plan has given up.
const LEAVE = millis(5000);
// How long exchanges are told of that were under way when a plan without traces came. Nothing is told of those that last longer.
const LINGER = millis(600_000);

type Exporting = { readonly key: string; readonly to: SpanExport };

export class Traces implements ExchangeObserver {
  readonly wantsAttempts = false;
  /** What exchanges go by. */
  readonly rules: TracingRules = { ...NO_TRACING };
  private exporting: Exporting | null = null;
  /** For exchanges that began before a plan without traces; the function ends the wait for them. */
  private lingering: (Exporting & { readonly cancel: () => void }) | null = null;
  /** Those of plans before, which send what they have. */
  private readonly leaving = new Set<SpanExport>();
  private readonly wallOf: (time: number) => number;

  constructor(private readonly tools: TracesTools) {
    const time = new LineTime(tools.clock);
    this.wallOf = (at) => time.wallOf(at);
  }

  get isOn(): boolean {
    return this.exporting !== null || this.lingering !== null;
  }

  /** Goes by that plan. An exporter that it has, too, goes on. */
  use({ gateway: { tracing } }: Plan): void {
    this.rules.isOn = tracing !== null;
    this.rules.sample = tracing?.sample ?? share(0);
    this.rules.parents = tracing?.parents ?? 'all';
    const key = tracing === null ? '' : keyOf(tracing);
    const { exporting } = this;
    if (tracing === null) return this.linger();
    if (exporting !== null && exporting.key === key) return;
    const before = this.lingersNoMore();
    const isSame = before !== null && before.key === key;
    this.exporting = isSame ? { key, to: before.to } : { key, to: this.open(tracing) };
    for (const old of [exporting, isSame ? null : before]) if (old !== null) void this.leave(old.to);
  }

  private linger(): void {
    const { exporting } = this;
    if (exporting === null) return;
    this.exporting = null;
    const cancel = this.tools.clock.after(LINGER, () => {
      const old = this.lingersNoMore();
      if (old !== null) void this.leave(old.to);
      this.tools.ended();
    });
    this.lingering = { ...exporting, cancel };
  }

  private lingersNoMore(): Exporting | null {
    const { lingering } = this;
    this.lingering = null;
    lingering?.cancel();
    return lingering;
  }

  private open(settings: TracingSettings): SpanExport {
    const { serviceName, attributes } = settings;
    const { instance } = this.tools;
    const loadEncoder = () => createSpanEncoder({ serviceName, instance, attributes });
    return new SpanExport(settings, { ...this.tools, loadEncoder });
  }

  private async leave(old: SpanExport): Promise<void> {
    this.leaving.add(old);
    await old.flush(LEAVE);
    old.close();
    this.leaving.delete(old);
  }

  exchangeEnded(record: ExchangeRecord): void {
    const { trace } = record;
    const exporting = this.exporting ?? this.lingering;
    if (trace === null || exporting === null) return;
    exporting.to.add(spansOf(record, trace, this.wallOf));
  }

  attemptEnded(): void {}

  /** Sends what there is, for so long at the most. */
  async flush(limit: Millis): Promise<void> {
    await Promise.all(this.all.map((one) => one.flush(limit)));
  }

  close(): void {
    for (const one of this.all) one.close();
    this.lingersNoMore();
  }

  private get all(): readonly SpanExport[] {
    const exporting = this.exporting ?? this.lingering;
    return exporting === null ? [...this.leaving] : [exporting.to, ...this.leaving];
  }
}

// What is sampled changes nothing of where spans go.
function keyOf({ sample: _, parents: __, ...where }: TracingSettings): string {
  return JSON.stringify(where);
}
