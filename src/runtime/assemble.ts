// Puts the parts of a gateway together: what serves requests, and what decides about backends.
import type { AdminSources } from '../admin/contract.ts';
import { createAdminHandler } from '../admin/handler.ts';
import { resolveListener } from '../config/resolve.ts';
import type { Config, ListenerConfig } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { Departures } from '../core/departures.ts';
import { DateLine } from '../core/http-date.ts';
import { ReadTurns } from '../core/read-turns.ts';
import { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import { Discovery } from '../discovery/discovery.ts';
import { Exchanges } from '../forward/exchanges.ts';
import { HealthScheduler } from '../probing/scheduler.ts';
import type { HeadLimits } from '../http1/head-parser.ts';
import { RequestIds } from '../http1/request-id.ts';
import type { ListenParts, ListenRules } from '../listen/surroundings.ts';
import type { GatewayEvent } from '../core/observer.ts';
import type { ExchangeObserver } from '../message/record.ts';
import { type Log, createLog } from '../observe/log.ts';
import { Recorder } from '../observe/recorder.ts';
import { together } from '../observe/together.ts';
import { type Backend, DEPARTED } from '../pools/backend.ts';
import { Connections } from '../pools/connections.ts';
import { type OperatorCommand, OperatorStates } from '../standing/operator-states.ts';
import type { PoolMaking } from '../pools/pool.ts';
import { type BuildSurroundings, buildSnapshot } from './build.ts';
import { readBackend, readStatus } from '../admin/status.ts';
import { SnapshotStore } from '../forward/snapshot.ts';
import type { World } from '../world.ts';

// Deadlines are kept in steps of this; a finer step would only wake an idle machine.
const TICK = millis(50);
// After a stall of our own the clients' and backends' deadlines do not all pass at once.
const MAX_TICKS_AT_ONCE = 2;
// How long we read on after our FIN, so that a client still gets what was sent to it.
const LINGER = millis(2000);

/** What a gateway is made of. */
export type Parts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: SnapshotStore;
  readonly build: BuildSurroundings;
  readonly recorder: Recorder;
  readonly listening: ListenParts;
  readonly rest: (delay: Millis) => Promise<void>;
  /** Probes and asks for names no more; what is in flight goes on. */
  readonly settle: () => void;
  readonly stop: () => void;
};

export type WiringOptions = {
  readonly config: Config;
  readonly world: World;
  readonly onEvent?: (event: GatewayEvent) => void;
  /** Told of every exchange, besides what the gateway records for itself. */
  readonly observers?: readonly ExchangeObserver[];
};

/** All parts, at work but for the listeners. `current`: the configuration in force, which a reload changes. */
export function assemble({ config, world, onEvent, observers = [] }: WiringOptions, current: () => Config): Parts {
  const { clock, random } = world;
  const log = createLog(world.writeLog, clock.wall);
  const reportBug = (error: Error): void => log('error', 'exception in a handler', { error: textOf(error) });
  const wheel = new TimerWheel(TICK);
  const stopTicking = keepTicking(wheel, world);
  const recorder = new Recorder(log, clock.wall, onEvent ?? null);
  const headLimits = readHeadLimits(config);
  const sending = { kernel: world.kernel, departures: new Departures(world.afterEvents) };
  const turns = new ReadTurns(world.afterEvents);
  const idleLimit = config.limits.idle_connections;
  const connections = new Connections({ wheel, headLimits, idleLimit, sending, turns, reportBug });
  const control = controlPlane(config, world, { wheel, recorder, connections });
  const admin = createAdminHandler(
    () => ({ basePath: current().admin_base_path, tokens: current().admin.tokens }),
    adminSources(() => store, recorder, clock),
  );
  const build = { ...control, admin };
  const store = new SnapshotStore(buildSnapshot(config, null, build));
  const ids = new RequestIds(random);
  const observer = together([recorder, ...observers]);
  const exchanges = new Exchanges({ store, connections, clock, wheel, observer, ids, random, reportBug });
  const date = new DateLine(clock);
  const trusted = () => current().trusted_proxies;
  const listening = { wheel, exchanges, reportBug, ids, date, trusted, sending, turns };
  const settle = (): void => {
    control.scheduler.stop();
    control.discovery.close();
    recorder.events.close();
  };
  const stop = (): void => {
    settle();
    stopTicking();
    for (const tenant of store.current.tenants)
      for (const backend of tenant.pool.backends) connections.closeIdle(backend);
  };
  const rest = (delay: Millis): Promise<void> => new Promise((resolve) => clock.after(delay, resolve));
  return { clock, log, store, build, recorder, listening, rest, settle, stop };
}

function textOf(error: Error): string {
  return error.stack ?? error.message;
}

type Shared = { readonly wheel: TimerWheel; readonly recorder: Recorder; readonly connections: Connections };

// What decides about backends; one for the whole gateway.
function controlPlane(config: Config, world: World, shared: Shared): Omit<BuildSurroundings, 'admin'> {
  const { wheel, recorder, connections } = shared;
  const { clock, random } = world;
  const scheduler = new HealthScheduler(clock, random, world);
  const { servers, timeout } = config.dns;
  const discovery = new Discovery({ lookup: world.lookup({ servers, timeout }), clock, random, timeout });
  const dismiss = (backend: Backend): void => {
    backend.owner = DEPARTED;
    scheduler.remove(backend);
    connections.closeIdle(backend);
  };
  const operators = new OperatorStates();
  const openAhead: PoolMaking['openAhead'] = (backend, options) => connections.openAhead(backend, options);
  return {
    wheel,
    clock,
    scheduler,
    observer: recorder,
    operators,
    random,
    discovery,
    dismiss,
    openAhead,
    affinitySecret: world.secret(),
  };
}

function adminSources(store: () => SnapshotStore, recorder: Recorder, clock: Clock): AdminSources {
  const startedAt = clock.now();
  return {
    status: () => readStatus(store().current),
    backend: (tenant, backend) => readBackend(store().current, tenant, backend),
    command: (tenant, backend, command) => commandBackend(store(), tenant, backend, command),
    events: (after, wait) => nextEvents(recorder, clock, after, wait),
    latestEvent: () => recorder.events.latest,
    startedAt: clock.wall(),
    uptimeMillis: () => clock.now() - startedAt,
    version: VERSION,
  };
}

function commandBackend(store: SnapshotStore, tenant: string, name: string, command: OperatorCommand): boolean {
  const pool = store.current.tenants.find((candidate) => candidate.name === tenant)?.pool;
  const backend = pool?.backends.find((candidate) => candidate.name === name);
  if (pool === undefined || backend === undefined) return false;
  pool.command(backend, command);
  return true;
}

function nextEvents(
  { events }: Recorder,
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

/** What applies to the clients of a listener; null: of an address that was typed. */
export function listenRules(config: Config, listener: ListenerConfig | null): ListenRules {
  const { limits, timeouts } = resolveListener(config, listener);
  const { header, keep_alive, idle } = timeouts;
  return {
    headLimits: readHeadLimits({ limits }),
    timeouts: { header, keepAlive: keep_alive, idle, linger: LINGER },
    connections: limits.connections,
    connectionsPerClient: limits.connections_per_client,
    keepAliveRequests: limits.keep_alive_requests,
    minBodyRate: limits.min_body_rate,
    minResponseRate: limits.min_response_rate,
    unsentBytes: limits.unsent_bytes,
  };
}

/** What a head may be, by the configuration. */
export function readHeadLimits(config: Pick<Config, 'limits'>): HeadLimits {
  const { header_bytes, header_count, target_bytes } = config.limits;
  return { headerBytes: header_bytes, headerCount: header_count, targetBytes: target_bytes };
}

// A late tick is made up for, but not a long stall: what arrived meanwhile is to be read first.
function keepTicking(wheel: TimerWheel, { clock, afterEvents }: Pick<World, 'clock' | 'afterEvents'>): () => void {
  const carryOn = (): void => {
    if (!wheel.carryOn()) afterEvents(carryOn);
  };
  let due = clock.now() + TICK;
  return clock.every(TICK, () => {
    const late = Math.floor((clock.now() - due) / TICK) + 1;
    due = clock.now() + TICK;
    const ticks = Math.min(Math.max(late, 1), MAX_TICKS_AT_ONCE);
    let isDone = true;
    for (let tick = 0; tick < ticks; tick++) isDone = wheel.advance();
    if (!isDone) afterEvents(carryOn);
  });
}
