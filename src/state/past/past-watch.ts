// Has what a gateway counts and tells kept on disk, and shows it what was before.
import type { HistorySettings } from '../../config/history.ts';
import type { Clock } from '../../core/clock.ts';
import type { GatewayEvent } from '../../core/observer.ts';
import type { EventLog } from '../../observe/event-log.ts';
import type { TrafficHistory } from '../../observe/history/traffic-history.ts';
import type { Log } from '../../observe/log.ts';
import { PastThread } from './past-thread.ts';

export type PastWatchTools = {
  readonly path: string;
  readonly clock: Pick<Clock, 'now' | 'after' | 'every'>;
  readonly log: Log;
  /** In force. */
  readonly settings: () => HistorySettings;
  readonly traffic: TrafficHistory;
  readonly events: EventLog;
};

export class PastWatch {
  private thread: PastThread | null = null;
  /** The number of the latest event that was kept; null: the file is not open yet. */
  private kept: number | null = null;
  /** The same, where this process has kept some and has paused. */
  private keptBefore: number | null = null;
  private stopListening: () => void = () => undefined;

  constructor(private readonly tools: PastWatchTools) {
    this.resume();
  }

  /** Begins, or goes on after `pause`. */
  resume(): void {
    const { traffic, events, settings, ...tools } = this.tools;
    if (this.thread !== null || settings().max_size === 0) return;
    this.thread = new PastThread({
      ...tools,
      settings,
      opened: (found) => this.begin(found),
      step: (at, part) => traffic.remember(at, part),
    });
    traffic.kept = this.thread;
    events.kept = this.thread;
  }

  /** Resolves when all is kept, and another process may keep it. */
  async pause(): Promise<void> {
    const { thread, tools } = this;
    if (thread === null) return;
    this.stopListening();
    await tools.traffic.keepRest();
    this.keepEvents();
    tools.traffic.kept = null;
    tools.events.kept = null;
    this.thread = null;
    this.keptBefore = this.kept;
    this.kept = null;
    await thread.close();
  }

  private begin(found: readonly GatewayEvent[]): void {
    this.kept = this.keptBefore ?? this.tools.events.restore(found);
    this.listen();
  }

  private listen(): void {
    this.keepEvents();
    if (this.tools.events.isClosed) return;
    this.stopListening = this.tools.events.onNext(() => this.listen());
  }

  private keepEvents(): void {
    const { events } = this.tools;
    if (this.kept === null || events.latest === this.kept) return;
    this.thread?.events(events.after(this.kept));
    this.kept = events.latest;
  }
}
