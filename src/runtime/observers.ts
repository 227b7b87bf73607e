// Who is told of exchanges in a process that serves.
import type { GatewayCells } from '../core/gateway-cells.ts';
import type { ExchangeObserver } from '../message/record.ts';
import { AccessLog } from '../observe/access-log/access-log.ts';
import { DebugLog } from '../observe/debug-log.ts';
import { handshakeCounter, lineCounter } from '../observe/metrics/gateway-counter.ts';
import { TrafficCounter } from '../observe/metrics/traffic-counter.ts';
import { Observers, together } from '../observe/together.ts';
import type { Plan } from '../plan/plan.ts';
import type { World } from '../world.ts';
import { Logs } from './logs.ts';
import type { Reports } from './reports.ts';

export type ObservingParts = {
  /** Besides what the gateway records for itself. */
  readonly observers?: readonly ExchangeObserver[];
  readonly recorder: ExchangeObserver;
  readonly live: ExchangeObserver;
  readonly traffic: GatewayCells['traffic'];
  /** In force. */
  readonly plan: () => Plan;
};

export class Observing {
  readonly logs: Logs;
  /** `observer`: of exchanges with clients; `ofOperators`: of those at the admin API's own address, which are no traffic. */
  readonly told: {
    readonly observer: ExchangeObserver;
    readonly ofOperators: ExchangeObserver;
    /** Of TLS handshakes with clients. */
    readonly handshaken: ReturnType<typeof handshakeCounter>;
  };
  private readonly ofClients: Observers;
  private readonly debug: DebugLog;

  constructor(
    { world, reports }: { readonly world: World; readonly reports: Reports },
    private readonly parts: ObservingParts,
  ) {
    const { clock, random, openLogSink: openSink, rotateLog: rotate } = world;
    const { recorder, live, traffic, observers = [] } = parts;
    const counts = lineCounter(traffic);
    const accessLog = new AccessLog({ clock, random, log: reports.log, openSink, rotate, counts });
    this.logs = new Logs(accessLog, reports.application);
    this.debug = new DebugLog(reports.limited);
    this.ofClients = new Observers(together([recorder, new TrafficCounter(traffic), live, ...observers]));
    this.told = {
      observer: this.ofClients,
      ofOperators: together([recorder, ...observers]),
      handshaken: handshakeCounter(traffic),
    };
    reports.application.levelChanged = () => this.compose();
    this.observe();
  }

  /** Goes by the plan in force. An observer that it does not want is not asked, and costs nothing. */
  readonly observe = (): void => {
    this.logs.access.use(this.parts.plan());
    this.compose();
  };

  private compose(): void {
    const { access } = this.logs;
    const { isDebug } = this.logs.application;
    this.ofClients.use([...(access.isOn ? [access] : []), ...(isDebug ? [this.debug] : [])]);
  }
}
