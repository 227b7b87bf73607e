// Sends spans to a collector, a batch at a time. Requests never wait for it: spans come together in a bounded queue, and what does not
// fit is dropped and counted. A collector that fails is asked again, later each time (OTLP 1.1, "Failures").
import type { Clock } from '../../core/clock.ts';
import { errorOf } from '../../core/error-of.ts';
import type { TracingSettings } from '../../core/tracing-settings.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { Ask, AskedResponse } from '../../policies/tools.ts';
import type { TellTrouble } from '../common-trouble.ts';
import type { LogFields } from '../log.ts';
import type { Span } from './span.ts';
import type { SpanEncoder } from './span-encoder.ts';

const FIRST_WAIT = millis(1000);
const LONGEST_WAIT = millis(60_000);
// Of a collector that fails, of one that is too slow, and of one that refuses.
const TELL = millis(60_000);
const LARGEST_ANSWER = 64 * 1024;
// OTLP 1.1: these may be asked again, all others not.
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** How spans are counted where all processes see it. */
export type SpanCounts = {
  readonly exported: (spans: number) => void;
  readonly dropped: (spans: number) => void;
  /** A post that was in vain. */
  readonly failed: () => void;
};

export type SpanExportTools = {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly ask: Ask;
  readonly tell: TellTrouble;
  readonly counts: SpanCounts;
  readonly loadEncoder: () => Promise<SpanEncoder>;
};

/** What has become of a batch. */
type Sent = 'taken' | 'refused' | { readonly again: Millis };

export class SpanExport {
  private queue: Span[] = [];
  private encoder: SpanEncoder | null = null;
  private cancelTimer: (() => void) | null = null;
  private readonly ending = new AbortController();
  private current: Promise<void> | null = null;
  private wait = FIRST_WAIT;
  private isFailing = false;
  private isFlushing = false;
  /** When people were told last, by the message. */
  private readonly toldAt = new Map<string, number>();
  private failures = 0;
  /** Since people were told last. */
  private untold = 0;

  constructor(
    private readonly settings: TracingSettings,
    private readonly tools: SpanExportTools,
  ) {}

  add(spans: readonly Span[]): void {
    if (this.ending.signal.aborted) return this.drop(spans.length);
    if (this.queue.length + spans.length > this.settings.queue) return this.overflow(spans.length);
    this.queue.push(...spans);
    // A collector that fails is not asked the sooner for it.
    if (this.current !== null || this.isFailing) return;
    if (this.queue.length >= this.settings.batch) this.sendSoon(millis(0));
    else this.sendSoon(this.settings.delay);
  }

  /** Sends what there is, for so long at the most. */
  async flush(limit: Millis): Promise<void> {
    const { clock } = this.tools;
    const deadline = clock.now() + limit;
    const late = Promise.withResolvers<undefined>();
    const cancel = clock.after(limit, () => late.resolve(undefined));
    this.isFlushing = true;
    await Promise.race([this.sendAll(deadline), late.promise]);
    cancel();
  }

  private async sendAll(deadline: number): Promise<void> {
    await this.current;
    // Once more, even if the collector has failed: it may be back.
    do {
      if (this.queue.length === 0) return;
      await this.send();
    } while (!this.isFailing && this.tools.clock.now() < deadline);
  }

  /** What has not been sent is dropped. */
  close(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.ending.abort();
    this.drop(this.queue.length);
    this.queue = [];
  }

  private sendSoon(delay: Millis): void {
    if (this.cancelTimer !== null && delay > 0) return;
    this.cancelTimer?.();
    this.cancelTimer = this.tools.clock.after(delay, () => {
      this.cancelTimer = null;
      void this.send();
    });
  }

  private send(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.current ??= this.sendBatch().finally(() => {
      this.current = null;
      this.goOn();
    });
    return this.current;
  }

  private goOn(): void {
    if (this.ending.signal.aborted || this.isFlushing || this.queue.length === 0) return;
    if (this.isFailing) this.sendSoon(this.wait);
    else this.sendSoon(this.queue.length >= this.settings.batch ? millis(0) : this.settings.delay);
  }

  private async sendBatch(): Promise<void> {
    const batch = this.queue.slice(0, this.settings.batch);
    const sent = await this.tryPost(batch);
    if (this.ending.signal.aborted) return;
    if (typeof sent !== 'string') return this.failed(sent.again);
    this.queue.splice(0, batch.length);
    if (sent === 'refused') this.drop(batch.length);
    else this.recovered();
  }

  private async tryPost(batch: readonly Span[]): Promise<Sent> {
    try {
      return await this.post(batch);
    } catch (error) {
      return this.inVain(errorOf(error).message);
    }
  }

  private async post(batch: readonly Span[]): Promise<Sent> {
    this.encoder ??= await this.tools.loadEncoder();
    const { encoder } = this;
    const { endpoint, headers, timeout } = this.settings;
    const answer = await this.tools.ask({
      method: 'POST',
      url: endpoint,
      headers: [...Object.entries(headers), ['Content-Type', 'application/x-protobuf']],
      body: encoder.encode(batch),
      timeout,
      largest: LARGEST_ANSWER,
      signal: this.ending.signal,
      // A collector that gets a span twice knows it by its id.
      mayRepeat: true,
    });
    return answer.ok ? this.answered(answer.value, batch.length, encoder) : this.inVain(answer.error);
  }

  private answered(response: AskedResponse, spans: number, encoder: SpanEncoder): Sent {
    const { status } = response;
    if (status >= 200 && status < 300) {
      this.taken(response.body, spans, encoder);
      return 'taken';
    }
    const problem = `it has answered ${status}`;
    if (RETRYABLE.has(status)) return this.inVain(problem, retryAfter(response));
    this.tools.counts.failed();
    this.failures++;
    this.tell('the collector refuses traces', { problem, failures: this.failures });
    return 'refused';
  }

  private taken(body: Uint8Array, spans: number, encoder: SpanEncoder): void {
    const { rejected, reason } = readTaken(body, encoder);
    this.tools.counts.exported(Math.max(0, spans - rejected));
    if (rejected === 0) return;
    this.drop(rejected);
    this.tell('the collector refuses spans', { reason: reason.slice(0, 200) });
  }

  private inVain(problem: string, after: Millis | null = null): Sent {
    this.failures++;
    this.tools.counts.failed();
    this.tell('traces cannot be exported', { problem, failures: this.failures });
    return { again: after ?? this.wait };
  }

  // Half of the wait is drawn, so that not all processes come back at the same time.
  private failed(again: Millis): void {
    this.isFailing = true;
    const { random } = this.tools;
    const next = millis(Math.min(LONGEST_WAIT, 2 * this.wait));
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.sendSoon(millis(Math.min(LONGEST_WAIT, again) * (0.5 + random() / 2)));
    this.wait = next;
  }

  private recovered(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    this.wait = FIRST_WAIT;
    this.failures = 0;
    this.toldAt.clear();
    const { endpoint } = this.settings;
    const fields = { endpoint, dropped: this.untold };
    this.tools.tell({ level: 'info', message: 'traces are exported again', place: endpoint, fields });
    this.untold = 0;
  }

  private overflow(spans: number): void {
    this.drop(spans);
    if (!this.isFailing) this.tell('spans are dropped: the collector is too slow', {});
  }

  private drop(spans: number): void {
    if (spans === 0) return;
    this.untold += spans;
    this.tools.counts.dropped(spans);
  }

  private tell(message: string, fields: LogFields): void {
    const now = this.tools.clock.now();
    const before = this.toldAt.get(message);
    if (before !== undefined && now - before < TELL) return;
    this.toldAt.set(message, now);
    const { endpoint } = this.settings;
    const whole = { endpoint, ...fields, dropped: this.untold };
    this.tools.tell({ level: 'warn', message, place: endpoint, fields: whole });
    this.untold = 0;
  }
}

// Some collectors answer by JSON or nothing, whatever they were asked by.
function readTaken(body: Uint8Array, encoder: SpanEncoder): ReturnType<SpanEncoder['taken']> {
  try {
    return encoder.taken(body);
  } catch {
    return { rejected: 0, reason: '' };
  }
}

function retryAfter({ headers }: AskedResponse): Millis | null {
  const seconds = Number(headers.find(([name]) => name === 'retry-after')?.[1]);
  return Number.isFinite(seconds) && seconds > 0 ? millis(seconds * 1000) : null;
}
