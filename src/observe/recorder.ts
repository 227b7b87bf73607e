// Listens to the data plane: counts what backends did, and logs and passes on what has changed.
import type { BackendChange, ExchangeRecord, GatewayEvent, Observer, TrafficCounters } from '../core/observer.ts';
import { EventLog } from './event-log.ts';
import { countLatency } from './latency.ts';
import type { Log } from './log.ts';

const BAD: ReadonlySet<BackendChange['kind']> = new Set<BackendChange['kind']>(['unhealthy', 'ejected', 'cut']);

/** The gateway's observer. */
export class Recorder implements Observer {
  /** Exchanges that another attempt saved. */
  saved = 0;
  readonly events = new EventLog();

  constructor(
    private readonly log: Log,
    private readonly wall: () => number,
    private readonly onEvent: ((event: GatewayEvent) => void) | null,
  ) {}

  attemptFailed(traffic: TrafficCounters): void {
    traffic.failures++;
  }

  exchangeEnded(record: ExchangeRecord): void {
    const { traffic } = record;
    if (traffic === null) return;
    traffic.requests++;
    if (record.failure === null && record.attempts > 1) this.saved++;
    if (record.answeredAt !== 0) countLatency(traffic.latency, record.answeredAt - record.startedAt);
  }

  backendChanged(change: BackendChange): void {
    const { tenant, backend, kind, detail } = change;
    this.log(BAD.has(kind) ? 'warn' : 'info', `backend ${kind}`, { tenant, backend, evidence: detail });
    const event = this.events.add(change, this.wall());
    this.onEvent?.(event);
  }
}
