// Listens to the data plane: counts what backends did, and logs and passes on what has changed.
import type { BackendChange, ExchangeRecord, Observer, TrafficCounters } from '../core/observer.ts';
import { countLatency } from './latency.ts';
import type { Log } from './log.ts';

/** Something that happened, with its time in milliseconds since 1970. */
export type GatewayEvent = BackendChange & { readonly at: number };

/** The gateway's observer. */
export class Recorder implements Observer {
  /** Exchanges that another attempt saved. */
  saved = 0;

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
    const event = { ...change, at: this.wall() };
    const isBad = change.kind === 'unhealthy' || change.kind === 'ejected';
    this.log(isBad ? 'warn' : 'info', `backend ${change.kind}`, {
      tenant: change.tenant,
      backend: change.backend,
      evidence: change.detail,
    });
    this.onEvent?.(event);
  }
}
