// Listens to the data plane: counts exchanges, keeps the latest events, and logs what has changed.
import type { BackendChange, ExchangeRecord, Observer, TrafficCounters } from '../core/observer.ts';
import { Ring } from '../core/ring.ts';
import { countLatency } from './latency.ts';
import type { Log } from './log.ts';

/** Something that happened, with its time in milliseconds since 1970. */
export type GatewayEvent = BackendChange & { readonly at: number };

// Enough to see what led to now; the log has the rest.
const KEPT_EVENTS = 256;

/** The gateway's observer. */
export class Recorder implements Observer {
  /** Exchanges that ended. */
  exchanges = 0;
  /** Exchanges that another attempt saved. */
  saved = 0;
  /** Requests refused before they became exchanges. */
  refused = 0;
  private readonly events = new Ring<GatewayEvent>(KEPT_EVENTS);

  constructor(
    private readonly log: Log,
    private readonly wall: () => number,
    private readonly onEvent: ((event: GatewayEvent) => void) | null,
  ) {}

  attemptFailed(traffic: TrafficCounters): void {
    traffic.failures++;
  }

  exchangeEnded(record: ExchangeRecord): void {
    this.exchanges++;
    const { traffic } = record;
    if (traffic === null) return;
    traffic.requests++;
    if (record.failure === null && record.attempts > 1) this.saved++;
    if (record.answeredAt !== 0) countLatency(traffic.latency, record.answeredAt - record.startedAt);
  }

  backendChanged(change: BackendChange): void {
    const event = { ...change, at: this.wall() };
    this.events.push(event);
    const isBad = change.kind === 'unhealthy' || change.kind === 'ejected';
    this.log(isBad ? 'warn' : 'info', `backend ${change.kind}`, {
      tenant: change.tenant,
      backend: change.backend,
      evidence: change.detail,
    });
    this.onEvent?.(event);
  }

  /** Oldest first. */
  latestEvents(): readonly GatewayEvent[] {
    return this.events.toArray();
  }
}
