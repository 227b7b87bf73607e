// Puts the parts of a gateway together that decides for itself: what serves requests, and what decides about backends.
import type { AuditStore } from '../admin/audit-log.ts';
import type { Readiness } from '../admin/sources.ts';
import type { ReloadControl } from '../admin/reload-control.ts';
import type { AdviceOutcome, CertificateReport } from '../certificates/contract.ts';
import { GatewayCells } from '../core/gateway-cells.ts';
import { seriesRoomOf } from '../core/series-cells.ts';
import type { GatewayEvent } from '../core/observer.ts';
import { Discovery } from '../discovery/discovery.ts';
import type { NameNews } from '../discovery/names.ts';
import type { Attached, Followers, LimitedRequest } from './followers.ts';
import type { TrafficHistory } from '../observe/history/traffic-history.ts';
import { CommonTrouble } from '../observe/common-trouble.ts';
import { LimitWatch } from '../observe/limit-watch.ts';
import { tellOfProcess } from '../observe/metrics/worker-gauge.ts';
import { Recorder } from '../observe/recorder.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { Plan } from '../plan/plan.ts';
import type { World } from '../world.ts';
import { adminApiOf } from './admin-api.ts';
import type { SourceTools } from './admin-sources.ts';
import { ALONE, CommonValues } from './common-values.ts';
import { logLevelControl } from './log-level.ts';
import { trafficTotals } from './traffic-totals.ts';
import { type Watching, watchTraffic } from './watching.ts';
import type { ControlState } from './control-state.ts';
import { type Control, createControl } from './control.ts';
import {
  type Deciding,
  type DecidingTools,
  type Ground,
  type Secrets,
  type ServingOptions,
  type ServingParts,
  assembleServing,
} from './serving.ts';

/** What a gateway is made of. */
export type Parts = ServingParts & {
  readonly control: Control;
  readonly recorder: Recorder;
  readonly secrets: Secrets;
  readonly cells: GatewayCells;
  /** What the traffic was; null: another process knows. */
  readonly traffic: TrafficHistory | null;
  /** Probes and asks for names no more; what is in flight goes on. */
  readonly settle: () => void;
};

export type AssembleOptions = ServingOptions & {
  /** What its listeners show to clients; null or absent: nothing. */
  readonly certificates?: {
    readonly reports: readonly CertificateReport[];
    readonly advice: Readonly<Record<AdviceOutcome, number>>;
    readonly certify: Attached['certify'];
  } | null;
  /** Absent: it is always ready. */
  readonly readiness?: () => Readiness;
  readonly onEvent?: (event: GatewayEvent) => void;
  /** Reads the configuration again, where operators may ask for that. */
  readonly reload?: ReloadControl;
  /** Keeps who has changed what by the admin API; null or absent: that is in memory alone. */
  readonly audit?: AuditStore | null;
  /** What an earlier process knew and had decided; null or absent: there was none. */
  readonly carried?: ControlState | null;
  /** Processes that serve for this one; null or absent: none. */
  readonly followers?: Followers | null;
};

/** All parts, at work but for the listeners. */
export function assemble(options: AssembleOptions): Parts {
  const { plan, world, followers, carried = null } = options;
  const ground = followers?.ground ?? groundOf(plan, world, carried);
  const { deciding, ...serving } = assembleServing(options, ground, (tools) => decideHere(options, ground, tools));
  const { control, recorder } = deciding;
  control.switches.adopt();
  serving.logs.rotation.begin();
  serving.logs.others = followers ?? null;
  // Whoever has followers serves nobody, and has no place to tell of itself.
  const stopTelling = ground.cells.backends.isReader ? null : tellOfProcess(ground.cells, process.pid, { ...world });
  const settle = (): void => {
    stopTelling?.();
    control.scheduler.stop();
    ground.names.close();
    recorder.events.close();
    deciding.watching.stop();
  };
  const stop = (): void => {
    settle();
    deciding.end();
    serving.stop();
  };
  const { traffic } = deciding.watching;
  return { ...serving, control, recorder, traffic, secrets: ground.secrets, cells: ground.cells, settle, stop };
}

type DecidingHere = Deciding & {
  readonly control: Control;
  readonly recorder: Recorder;
  readonly watching: Watching;
  /** Operators get no more answers. */
  readonly end: () => void;
};

function decideHere(options: AssembleOptions, ground: Ground, tools: DecidingTools): DecidingHere {
  const { world, onEvent, followers, carried = null } = options;
  const { basics, slots, store } = tools;
  const { log, limited } = basics.reports;
  const recorder = new Recorder(log, world.clock.wall, onEvent ?? null, carried?.latestEvent ?? 0);
  const control = controlOf(options, ground, tools, recorder);
  const limits = new LimitWatch((change) => recorder.tenantChanged(change), world.clock);
  const { standing } = control;
  const totals = trafficTotals(ground.cells, store);
  const places = (): number => tools.inForce().plan.gateway.top.entries;
  const watching = watchTraffic({ world, store, totals, cells: ground.cells, followers, places });
  let isOver = false;
  const shown = { recorder, control, totals, watching, cells: ground.cells, isOver: () => isOver };
  const adminApi = adminApiOf(sourcesOf(options, tools, shown), limited);
  const limitReached = ({ tenant, why }: LimitedRequest): void => limits.failed(tenant, why);
  const heard = { trouble: new CommonTrouble(log, world.clock).tell, limitReached };
  const { board: live, tap, top, topTap } = watching;
  const brought = { certify: certifierOf(options), admin: adminApi.behind({ kind: 'public' }) };
  const { application } = basics.reports;
  followers?.attach({
    standing,
    slots,
    recorder,
    live,
    top,
    ...heard,
    logLevel: () => application.order,
    ...brought,
  });
  const { trouble } = heard;
  const shared = { recorder, live: tap, top: topTap, standing, adminApi, trouble, requestFailed: limitReached };
  const end = (): void => {
    isOver = true;
  };
  return { ...shared, control, watching, end };
}

type Shown = Pick<DecidingHere, 'recorder' | 'control' | 'watching'> & Pick<SourceTools, 'totals' | 'cells' | 'isOver'>;

/** What the admin API shows, and does. */
function sourcesOf(
  { world, certificates = null, reload, followers, audit = null, readiness = alwaysReady }: AssembleOptions,
  { store, slots, doors, inForce, basics }: DecidingTools,
  { recorder, control, watching, ...counted }: Shown,
): SourceTools {
  const { standing, switches, probes } = control;
  const { traffic, load, board: live, top } = watching;
  const plan = (): Plan => inForce().plan;
  return {
    store,
    standing,
    slots,
    switches,
    probes,
    recorder,
    traffic,
    load,
    live,
    top,
    plan,
    readiness,
    audit,
    certificates,
    reload: reload ?? null,
    ...counted,
    events: recorder.events,
    recent: recorder.recent,
    pace: world,
    logLevel: logLevelControl({ ...basics.reports, wall: world.clock.wall, followers }),
    options: () => plan().gateway.admin,
    doors: followers?.doors ?? (() => Array.from(doors, ({ report }) => report)),
    restarts: followers?.restarts ?? neverRestarted,
    quarantined: () => plan().gateway.quarantined,
    caughtUp: () => followers?.caughtUp() ?? null,
    purge: (tenant, what) => inForce().purge(tenant, what),
  };
}

// Who serves alone is not there any more when it has ended.
function neverRestarted(): readonly number[] {
  return [0];
}

// Without certificates, no listener asks.
function certifierOf({ certificates }: AssembleOptions): Attached['certify'] {
  return (name) => certificates?.certify(name) ?? Promise.resolve(Number.POSITIVE_INFINITY);
}

function controlOf(options: AssembleOptions, ground: Ground, tools: DecidingTools, recorder: Recorder): Control {
  const { world, followers, carried = null } = options;
  const { slots, basics, inForce } = tools;
  const control: Control = createControl({
    ...tools,
    ...basics,
    ...world,
    cells: ground.cells.backends,
    observer: recorder,
    events: followers?.tellToo(slots, () => control.standing) ?? slots,
    carried,
    switchesOf: (tenant) => inForce().switchesOf(tenant),
  });
  return control;
}

function alwaysReady(): Readiness {
  return 'ready';
}

function groundOf(plan: Plan, world: World, carried: ControlState | null): Ground {
  const secrets = carried?.secrets ?? secretsOf(world);
  const { metrics } = plan.gateway;
  const cells = GatewayCells.alone(seriesRoomOf(metrics));
  cells.traffic.bounds = metrics.buckets;
  return { cells, ...resolverOf(plan, world), secrets, commons: new CommonValues(ALONE) };
}

/** Resolves the names of a gateway. */
export function resolverOf(
  { gateway }: Plan,
  { lookup, clock, random }: World,
  tellNews: (news: NameNews) => void = () => undefined,
): Pick<Ground, 'prepareNames'> & { readonly names: Discovery } {
  let current = gateway.lookup;
  const names = new Discovery({ lookup: lookup(current), clock, random, timeout: current.timeout, tellNews });
  const prepareNames: Ground['prepareNames'] = ({ lookup: next }) => {
    const asked = isSameData(current, next) ? null : lookup(next);
    return () => {
      if (asked !== null) names.askBy(asked, next.timeout);
      current = next;
    };
  };
  return { names, prepareNames };
}

export function secretsOf({ secret }: World): Secrets {
  return { affinity: secret(), loop: secret() };
}
