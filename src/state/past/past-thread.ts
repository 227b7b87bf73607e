// The thread that keeps the past, as the gateway sees it.
import type { HistorySettings } from '../../config/history.ts';
import type { Clock } from '../../core/clock.ts';
import type { GatewayEvent } from '../../core/observer.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { Grain, KeptPast, StepPart } from '../../observe/history/kept-past.ts';
import type { Log } from '../../observe/log.ts';
import { threadOfSelf } from '../../world/spawn-self.ts';
import type { FromPast, ToPast } from './messages.ts';

const LINE_EVERY = millis(60_000);
const LONGEST_READ = millis(3000);
const LONGEST_CLOSE = millis(3000);
/** Whoever asks for more at once is answered from memory. */
const MOST_READS = 64;
const SILENCE: Millis = millis(Number.NEGATIVE_INFINITY);

export type PastTools = {
  readonly path: string;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Log;
  readonly settings: () => HistorySettings;
  /** The file can be used. */
  readonly opened: (events: readonly GatewayEvent[]) => void;
  /** What was known of one of the last steps. */
  readonly step: (at: number, part: StepPart) => void;
};

type Answer = Extract<FromPast, { readonly kind: 'values' | 'found' }>;
type Asked = Extract<ToPast, { readonly id: number }>;

export class PastThread implements KeptPast {
  /** Null: it has ended. */
  private thread: Worker | null;
  private readonly waiting = new Map<number, (answer: Answer | null) => void>();
  private readonly closed = Promise.withResolvers<void>();
  private asked = 0;
  /** Steps and events that could not be kept. */
  private lost = 0;
  private toldAt = SILENCE;
  /** What is to be told when it listens; null: it does. */
  private early: ToPast[] | null = [];

  constructor(private readonly tools: PastTools) {
    const thread = threadOfSelf('past');
    this.thread = thread;
    thread.addEventListener('message', ({ data }: MessageEvent<FromPast>) => this.hear(data));
    thread.addEventListener('error', ({ message }) => this.fail(message));
    this.tell({ kind: 'open', path: tools.path, settings: tools.settings() });
  }

  points(grain: Grain, part: StepPart): void {
    this.tell({ kind: 'points', grain, ...part });
  }

  ended(grain: Grain, at: number): void {
    this.tell({ kind: 'ended', grain, at, settings: this.tools.settings() });
  }

  events(events: readonly GatewayEvent[]): void {
    this.tell({ kind: 'events', events });
  }

  async read(name: string, grain: Grain, from: number, steps: number): Promise<Float64Array | null> {
    const answer = await this.ask({ kind: 'read', id: ++this.asked, name, grain, from, steps });
    return answer?.kind === 'values' ? answer.values : null;
  }

  async eventsBetween(after: number, before: number): Promise<readonly GatewayEvent[]> {
    const answer = await this.ask({ kind: 'between', id: ++this.asked, after, before });
    return answer?.kind === 'found' ? answer.events : [];
  }

  /** Resolves when everything is kept and the file is free, or after a moment. */
  async close(): Promise<void> {
    if (this.thread === null) return;
    this.tell({ kind: 'close' });
    const cancel = this.tools.clock.after(LONGEST_CLOSE, () => this.closed.resolve());
    await this.closed.promise;
    cancel();
    this.thread?.terminate();
    this.gone();
  }

  private ask(question: Asked): Promise<Answer | null> {
    if (this.thread === null || this.waiting.size >= MOST_READS) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<Answer | null>();
    const settle = (answer: Answer | null): void => {
      cancel();
      this.waiting.delete(question.id);
      resolve(answer);
    };
    const cancel = this.tools.clock.after(LONGEST_READ, () => settle(null));
    this.waiting.set(question.id, settle);
    this.tell(question);
    return promise;
  }

  private hear(message: FromPast): void {
    const { tools } = this;
    switch (message.kind) {
      case 'loaded':
        return this.begin();
      case 'opened':
        tools.log('info', 'the past is kept', { file: tools.path, bytes: message.size, events: message.events.length });
        return tools.opened(message.events);
      case 'step':
        return tools.step(message.at, message);
      case 'values':
      case 'found':
        return this.waiting.get(message.id)?.(message);
      case 'set_aside':
        return tools.log('warn', 'the file of the past cannot be used: another is begun', {
          file: tools.path,
          reason: message.reason,
          set_aside_as: message.aside,
        });
      case 'lost':
        return this.countLoss(message.reason);
      case 'closed':
        return this.closed.resolve();
    }
  }

  private countLoss(reason: string): void {
    this.lost++;
    const { clock, log, path } = this.tools;
    if (clock.now() < this.toldAt + LINE_EVERY) return;
    this.toldAt = clock.now();
    log('warn', 'the past cannot be kept on disk; the gateway goes on without', {
      file: path,
      reason,
      lost: this.lost,
    });
  }

  private fail(reason: string): void {
    if (this.thread === null) return;
    this.tools.log('error', 'the thread that keeps the past has ended; the gateway goes on without', { reason });
    this.gone();
  }

  private gone(): void {
    this.thread = null;
    this.closed.resolve();
    this.waiting.forEach((settle) => settle(null));
  }

  private begin(): void {
    const early = this.early ?? [];
    this.early = null;
    for (const message of early) this.tell(message);
  }

  private tell(message: ToPast): void {
    if (this.early !== null) this.early.push(message);
    // What is sent is not needed here any more.
    else this.thread?.postMessage(message, message.kind === 'points' ? [message.values.buffer] : []);
  }
}
