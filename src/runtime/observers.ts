// Who is told of exchanges in a process that serves.
import type { GatewayCells } from '../core/gateway-cells.ts';
import { type Millis, millis } from '../core/units.ts';
import type { ExchangeObserver } from '../message/record.ts';
import type { TracingRules } from '../message/tracing-rules.ts';
import { AccessLog } from '../observe/access-log/access-log.ts';
import type { TellTrouble } from '../observe/common-trouble.ts';
import { DebugLog } from '../observe/debug-log.ts';
import { handshakeCounter, lineCounter, spanCounter } from '../observe/metrics/gateway-counter.ts';
import { TrafficCounter } from '../observe/metrics/traffic-counter.ts';
import { Traces } from '../observe/traces/traces.ts';
import type { TopTap } from '../observe/top/top-tap.ts';
import { Observers, together } from '../observe/together.ts';
import { LogRotation } from '../observe/log-rotation.ts';
import type { Plan } from '../plan/plan.ts';
import type { Ask } from '../policies/tools.ts';
import type { World } from '../world.ts';
import { Logs } from './logs.ts';
import type { Reports } from './reports.ts';

export type ObservingParts = {
  /** Besides what the gateway records for itself. */
  readonly observers?: readonly ExchangeObserver[];
  readonly recorder: ExchangeObserver;
  readonly live: ExchangeObserver;
  /** Counts for people who look, and is told of exchanges only then. */
  readonly top: TopTap;
  readonly traffic: GatewayCells['traffic'];
  /** In force. */
  readonly plan: () => Plan;
  /** Asks servers outside. */
  readonly ask: Ask;
  /** Hears of what all processes suffer alike. */
  readonly trouble: TellTrouble;
};

// A collector that does not answer must not hold up the end for longer.
const LONGEST_FLUSH = millis(5000);

export class Observing {
  readonly logs: Logs;
  private readonly traces: Traces;
  /** `observer`: of exchanges with clients; `ofOperators`: of those at the admin API's own address, which are no traffic. */
  readonly told: {
    readonly observer: ExchangeObserver;
    readonly ofOperators: ExchangeObserver;
    /** Of TLS handshakes with clients. */
    readonly handshaken: ReturnType<typeof handshakeCounter>;
    readonly tracing: TracingRules;
  };
  private readonly ofClients: Observers;
  private readonly debug: DebugLog;

  constructor(
    { world, reports }: { readonly world: World; readonly reports: Reports },
    private readonly parts: ObservingParts,
  ) {
    const { clock, random, openLogSink: openSink, rotateLog: rotate } = world;
    const { recorder, live, traffic, trouble: tell, observers = [] } = parts;
    const counts = lineCounter(traffic);
    const accessLog = new AccessLog({ clock, random, openSink, counts, tell });
    const rotation = new LogRotation({ clock, rotate, log: reports.log });
    this.logs = new Logs(accessLog, reports.application, rotation);
    this.traces = tracesOf(parts, world, () => this.compose());
    this.debug = new DebugLog(reports.limited);
    this.ofClients = new Observers(together([recorder, new TrafficCounter(traffic), live, ...observers]));
    this.told = {
      observer: this.ofClients,
      ofOperators: together([recorder, ...observers]),
      handshaken: handshakeCounter(traffic),
      tracing: this.traces.rules,
    };
    parts.top.changed = () => this.compose();
    reports.application.levelChanged = () => this.compose();
    this.observe();
  }

  /** Goes by the plan in force. An observer that it does not want is not asked, and costs nothing. */
  readonly observe = (): void => {
    this.logs.access.use(this.parts.plan());
    this.traces.use(this.parts.plan());
    this.compose();
  };

  private compose(): void {
    const { access, application } = this.logs;
    const wanted = [access, this.traces, this.parts.top].filter(({ isOn }) => isOn);
    this.ofClients.use(application.isDebug ? [...wanted, this.debug] : wanted);
  }

  /** Resolves when all lines are written and all spans sent, or cannot be in that time. */
  readonly written = async (limit: Millis): Promise<void> => {
    await Promise.all([this.logs.written(), this.traces.flush(millis(Math.min(limit, LONGEST_FLUSH)))]);
  };

  close(): void {
    this.logs.close();
    this.traces.close();
  }
}

function tracesOf(
  { ask, traffic, trouble: tell }: ObservingParts,
  { clock, random, secret }: World,
  ended: () => void,
): Traces {
  return new Traces({ clock, random, ask, tell, ended, counts: spanCounter(traffic), instance: secret() });
}
