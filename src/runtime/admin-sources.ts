// What the admin API reads of a running gateway, and what it may do.
import type { AdminSources, EventEars, LogLevelControl, Readiness, RecentReport } from '../admin/sources.ts';
import type { HistoryReport, ReloadControl } from '../admin/reload-control.ts';
import type { AuditStore } from '../admin/audit-log.ts';
import type { QuarantinedTenant } from '../config/last-good.ts';
import { readBriefs } from '../admin/brief.ts';
import { HealthReport } from '../admin/health-report.ts';
import { readBackend, readLeaving, readStatus, readTenant } from '../admin/status.ts';
import type { Slot } from '../core/cells.ts';
import type { GatewayCells } from '../core/gateway-cells.ts';
import type { Clock } from '../core/clock.ts';
import { type GatewayEvent, type TenantChange, describeOperator } from '../core/observer.ts';
import { type Pace, inShortSlices } from '../core/slices.ts';
import { millis } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import { explain } from '../forward/explain.ts';
import { routeOf } from '../forward/route-of.ts';
import { type Snapshot, type SnapshotStore, backendNamed, tenantNamed } from '../forward/snapshot.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { TotalsReader } from '../core/traffic-totals.ts';
import type { LiveBoard } from '../observe/live/live-board.ts';
import type { TrafficHistory } from '../observe/history/traffic-history.ts';
import type { ProbeCounter } from '../observe/metrics/probe-counter.ts';
import type { TopBoard } from '../observe/top/top-board.ts';
import type { WorkerLoad } from '../observe/metrics/worker-load.ts';
import type { RecentRequest, RecentRequests } from '../observe/recent-requests.ts';
import type { AdminPlan, Plan } from '../plan/plan.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Purge } from '../policies/contract.ts';
import type { SlotTable } from '../pools/slot-table.ts';
import type { Standing } from '../standing/standing.ts';
import type { PolicySwitches } from './policy-switches.ts';
import { type MetricsTools, metricsOf } from './metrics-text.ts';
import { purgeOf } from './purging.ts';

export type SourceTools = {
  readonly store: SnapshotStore;
  readonly standing: Standing<BackendPlan>;
  readonly slots: SlotTable;
  readonly switches: PolicySwitches;
  readonly probes: ProbeCounter;
  /** For the log and the events. */
  readonly recorder: {
    tenantChanged(change: TenantChange): void;
    /** Events by their kinds. */
    readonly counts: ReadonlyMap<string, number>;
  };
  readonly cells: GatewayCells;
  readonly events: EventLog;
  /** What is counted of traffic. */
  readonly totals: TotalsReader;
  readonly pace: Pace & { readonly clock: Clock };
  /** Null: none. */
  readonly certificates: MetricsTools['certificates'];
  /** Of each listener. */
  readonly doors: () => readonly DoorReport[];
  /** See `Followers`. */
  readonly restarts: () => readonly number[];
  /** Null: nobody can read the configuration again. */
  readonly reload: ReloadControl | null;
  /** Where it is kept who has changed what; null: in memory alone. */
  readonly audit: AuditStore | null;
  readonly readiness: () => Readiness;
  /** The gateway has ended. Until then operators are answered, also while the last clients have their answers to come. */
  readonly isOver: () => boolean;
  /** Tenants whose configuration is broken. */
  readonly quarantined: () => readonly QuarantinedTenant[];
  /** See `AdminSources`. */
  readonly caughtUp: AdminSources['caughtUp'];
  /** What is in force. */
  readonly options: () => AdminPlan;
  readonly plan: () => Plan;
  readonly recent: RecentRequests;
  readonly traffic: TrafficHistory;
  readonly load: WorkerLoad;
  readonly live: LiveBoard;
  readonly top: TopBoard;
  readonly logLevel: LogLevelControl;
  /** Returns how many policies of the tenant keep answers. */
  readonly purge: (tenant: string, what: Purge) => number;
};

export function adminSources(tools: SourceTools): Omit<AdminSources, 'audit' | 'description'> {
  const { store, standing, slots, events, pace, doors, certificates } = tools;
  const { reload, options, quarantined, plan, recent, caughtUp, readiness } = tools;
  const { clock } = pace;
  const seen = { standing, slots, switches: tools.switches };
  const health = new HealthReport({ now: clock.now, snapshot: () => store.current, version: VERSION });
  return {
    caughtUp,
    status: () => [...readStatus(store.current, { ...seen, quarantined: quarantined() })],
    tenants: () => readStatus(store.current, { ...seen, quarantined: quarantined() }),
    tenant: (name) => readTenant(store.current, { ...seen, quarantined: quarantined() }, name),
    briefs: () => readBriefs(store.current, quarantined()),
    ...watched(tools),
    leftOut: () => quarantined().filter(({ serves }) => serves === 'nothing'),
    leaving: () => readLeaving({ standing, slots }),
    inSlices: (steps) => inShortSlices(steps, pace, tools.isOver),
    backend: (tenant, backend) =>
      readBackend(store.current, { standing, slots, traffic: tools.cells.traffic }, tenant, backend),
    health: (extent) => health.answer(extent),
    readiness,
    publicHealth: () => options().publicHealth,
    command: commandOf({ store, standing, caughtUp }),
    switches: (tenant) => tools.switches.of(tenant),
    turn: turnOf(tools),
    purge: purgeOf(tools),
    certificates: () => certificates?.reports ?? [],
    wall: clock.wall,
    logLevel: tools.logLevel,
    ...reading(reload),
    plan,
    explain: (request) => explain(store.current, plan().gateway.responseHeadLimits, request),
    recent: () => recent.all().map((one) => routedNow(one, store.current)),
    doors,
    events: (after, wait) => nextEvents(events, clock, after, wait),
    olderEvents: (after) => events.older(after),
    latestEvent: () => events.latest,
    followEvents: (ears) => followEvents(events, ears),
    startedAt: clock.wall(),
  };
}

function watched(
  tools: SourceTools,
): Pick<AdminSources, 'traffic' | 'workers' | 'live' | 'top' | 'totals' | 'metrics'> {
  const { traffic, load, live, top, totals } = tools;
  return { traffic, workers: () => load.now, live, top, totals, metrics: metricsOf(tools) };
}

// Of a listener that has routes of its own nobody knows here whether the request came by it: its tenant stays what it was.
function routedNow(one: RecentRequest, snapshot: Snapshot): RecentReport {
  const listeners = one.tenant === null ? null : (tenantNamed(snapshot, one.tenant)?.listeners ?? null);
  if (listeners !== null) return { ...one, listener: listeners[0] ?? null };
  const route = routeOf(snapshot.router, one);
  return { ...one, listener: null, tenant: route?.value.kind === 'tenant' ? route.value.site.current.name : null };
}

function reading(
  reload: ReloadControl | null,
): Pick<AdminSources, 'reload' | 'rollBack' | 'upgrade' | 'history' | 'configuration' | 'obstacle'> {
  return {
    reload: (by, isDry) => reload?.reload({ source: 'admin', by }, isDry) ?? Promise.resolve(null),
    rollBack: (version, by) => reload?.rollBack(version, by) ?? Promise.resolve(null),
    upgrade: (by) => reload?.upgrade(by) ?? Promise.resolve(null),
    history: () => reload?.history() ?? NO_HISTORY,
    configuration: reload?.configuration ?? null,
    obstacle: () => reload?.obstacle() ?? null,
  };
}

const NO_HISTORY: HistoryReport = { directory: null, current: null, versions: [] };

function commandOf({
  store,
  standing,
  caughtUp,
}: Pick<SourceTools, 'store' | 'standing' | 'caughtUp'>): AdminSources['command'] {
  return async (tenant, backend, command, by) => {
    const slot = slotIn(store, tenant, backend);
    if (slot === null) return false;
    standing.command(slot, command, by);
    await caughtUp();
    return true;
  };
}

function turnOf({
  switches,
  recorder,
  caughtUp,
}: Pick<SourceTools, 'switches' | 'recorder' | 'caughtUp'>): AdminSources['turn'] {
  return async (tenant, policy, on, by) => {
    const before = new Map(switches.of(tenant).map((one) => [one.policy, one.active]));
    if (!switches.turn(tenant, policy, on)) return false;
    for (const { policy: name, active } of switches.of(tenant)) {
      if (before.get(name) === active) continue;
      const kind = active ? 'maintenance_on' : 'maintenance_off';
      recorder.tenantChanged({ tenant, kind, detail: `${name}, ${describeOperator(by)}` });
    }
    await caughtUp();
    return true;
  };
}

function slotIn(store: SnapshotStore, tenant: string, name: string): Slot | null {
  return backendNamed(store.current, tenant, name)?.slot ?? null;
}

function followEvents(events: EventLog, { news, end }: EventEars): () => void {
  let cancel: (() => void) | null = null;
  const listen = (): void => {
    if (events.isClosed) return end();
    cancel = events.onNext(() => {
      news();
      listen();
    });
  };
  listen();
  return () => cancel?.();
}

function nextEvents(
  events: EventLog,
  clock: Clock,
  after: number,
  wait: number,
): readonly GatewayEvent[] | Promise<readonly GatewayEvent[]> {
  const found = events.after(after);
  // Whoever knows a later number than the latest has to hear of the restart before it waits.
  if (found.length > 0 || wait === 0 || after > events.latest || events.isClosed) return found;
  return new Promise((resolve) => {
    const end = (): void => {
      cancelTimer();
      cancelWait();
      resolve(events.after(after));
    };
    const cancelTimer = clock.after(millis(wait * 1000), end);
    const cancelWait = events.onNext(end);
  });
}
