// Counts the exchanges of each backend, and writes each change of a backend to the log and the events.
import type { BackendChange, BackendObserver, GatewayChange, GatewayEvent, TenantChange } from '../core/observer.ts';
import type { ExchangeObserver, ExchangeRecord } from '../message/record.ts';
import { EventLog } from './event-log.ts';
import type { Log } from './log.ts';
import { RecentRequests } from './recent-requests.ts';

const BAD: ReadonlySet<BackendChange['kind']> = new Set<BackendChange['kind']>(['unhealthy', 'ejected', 'cut']);

const LEVELS = {
  tenant_down: 'error',
  tenant_up: 'info',
  limit_reached: 'warn',
  tenant_degraded: 'error',
  tenant_restored: 'info',
  maintenance_on: 'warn',
  maintenance_off: 'info',
} as const;

const OWN_LEVELS = {
  worker_ended: 'error',
  worker_hung: 'error',
  worker_replaced: 'info',
  worker_held_back: 'error',
  upgraded: 'info',
  upgrade_failed: 'error',
  certificate_obtained: 'info',
  certificate_renewed: 'info',
  certificate_failed: 'warn',
  configuration_changed: 'info',
} as const;

/** The gateway's own observer of the data plane. */
export class Recorder implements BackendObserver, ExchangeObserver {
  readonly wantsAttempts = false;
  /** Exchanges that are over, in whatever way. */
  ended = 0;
  readonly events: EventLog;
  /** How many events there were of each kind. */
  readonly counts = new Map<GatewayEvent['kind'], number>();
  readonly recent = new RecentRequests();

  constructor(
    private readonly log: Log,
    private readonly wall: () => number,
    private readonly onEvent: ((event: GatewayEvent) => void) | null,
    /** The number of the latest event of an earlier process; 0: there was none. */
    latestEvent: number,
  ) {
    this.events = new EventLog(latestEvent);
  }

  exchangeEnded(record: ExchangeRecord): void {
    const { backend, times } = record;
    this.ended++;
    if (times.begun >= this.recent.dueAt) this.recent.take(record);
    if (backend !== null) backend.traffic.countRequest();
  }

  attemptEnded(): void {}

  backendChanged(change: BackendChange): void {
    const { tenant, backend, kind, detail, by } = change;
    const who = by === undefined ? {} : { operator: by.token ?? 'local', address: by.address };
    this.log(BAD.has(kind) ? 'warn' : 'info', `backend ${kind}`, { tenant, backend, evidence: detail, ...who });
    this.tell(change);
  }

  tenantChanged(change: TenantChange): void {
    const { tenant, kind, detail } = change;
    this.log(LEVELS[kind], kind, { tenant, evidence: detail });
    this.tell(change);
  }

  gatewayChanged(change: GatewayChange): void {
    const { kind, detail } = change;
    this.log(OWN_LEVELS[kind], kind, { evidence: detail });
    this.tell({ tenant: null, ...change });
  }

  private tell(change: Parameters<EventLog['add']>[0]): void {
    this.counts.set(change.kind, (this.counts.get(change.kind) ?? 0) + 1);
    const event = this.events.add(change, this.wall());
    this.onEvent?.(event);
  }
}
