// Puts the parts of one serving process together: what serves requests, and what decides about backends.
import type { Entrance } from '../admin/access.ts';
import type { ReloadOutcome } from '../admin/contract.ts';
import { balancers as allBalancers } from '../balance/registry.ts';
import type { PolicyKind } from '../policies/contract.ts';
import { isSameData } from '../plan/fingerprint.ts';
import { PolicyMaker } from '../policies/lists.ts';
import { policies as allPolicies } from '../policies/registry.ts';
import { privateWords } from './policy-words.ts';
import type { CertificateFacts } from '../core/certificate.ts';
import type { Clock } from '../core/clock.ts';
import { SendBatch } from '../core/send-batch.ts';
import { DateLine } from '../core/http-date.ts';
import { type Pace, atOnce } from '../core/slices.ts';
import type { GatewayEvent } from '../core/observer.ts';
import { ReadTurns } from '../core/read-turns.ts';
import { TimerWheel } from '../core/timer-wheel.ts';
import type { Sending } from '../core/outbox.ts';
import { type AfterEvents, TurnClock, TurnEnd } from '../core/turn.ts';
import type { Millis } from '../core/units.ts';
import { AddressBook } from '../discovery/address-book.ts';
import { callByName, connectByName, dialByName } from '../discovery/connect-by-name.ts';
import { Discovery } from '../discovery/discovery.ts';
import { Exchanges } from '../forward/exchanges.ts';
import { SnapshotStore } from '../forward/snapshot.ts';
import { type OwnMarks, loopIdOf } from '../message/own-marks.ts';
import { RequestIds } from '../message/request-id.ts';
import type { ListenerTools } from '../listen/contract.ts';
import { AcceptWatch } from '../listen/accept-watch.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { ExchangeObserver } from '../message/record.ts';
import type { Log } from '../observe/log.ts';
import { Recorder } from '../observe/recorder.ts';
import { LimitWatch } from '../observe/limit-watch.ts';
import { together } from '../observe/together.ts';
import type { Plan } from '../plan/plan.ts';
import { Router } from '../route/router.ts';
import type { TransportTools } from '../upstream/contract.ts';
import type { World } from '../world.ts';
import { type AdminApi, adminApiOf, storeOf } from './admin-api.ts';
import { InForce } from './apply.ts';
import { type Control, createControl } from './control.ts';
import type { ResidentTools } from './resident.ts';
import { relieve } from './relief.ts';
import { type Reports, createReports } from './reports.ts';
import { TICK, keepTicking } from './ticking.ts';

/** What a gateway is made of. */
export type Parts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly writeAs: Reports['writeAs'];
  readonly store: SnapshotStore;
  readonly inForce: InForce;
  readonly control: Control;
  readonly recorder: Recorder;
  readonly listening: ListenerTools;
  /** The same for a listener of the plan, which may have routes of its own. */
  readonly listeningAt: (number: number) => ListenerTools;
  /** What the listener of the admin API uses. */
  readonly adminListening: (entrance: Entrance) => ListenerTools;
  readonly rest: (delay: Millis) => Promise<void>;
  /** Of work beside requests. */
  readonly pace: Pace;
  /** Probes and asks for names no more; what is in flight goes on. */
  readonly settle: () => void;
  readonly stop: () => void;
};

export type AssembleOptions = {
  readonly plan: Plan;
  readonly world: World;
  /** What its listeners show to clients; null or absent: nothing. */
  readonly certificates?: { readonly facts: CertificateFacts } | null;
  readonly onEvent?: (event: GatewayEvent) => void;
  /** Reads the configuration again, where operators may ask for that. */
  readonly reload?: () => Promise<ReloadOutcome>;
  /** Told of every exchange, besides what the gateway records for itself. */
  readonly observers?: readonly ExchangeObserver[];
  /** Those that plans may name; by default all there are. */
  readonly balancers?: ResidentTools['balancers'];
  readonly policies?: readonly PolicyKind<unknown>[];
};

/** All parts, at work but for the listeners. */
export function assemble(options: AssembleOptions): Parts {
  const { plan, world, onEvent, balancers = allBalancers } = options;
  const { clock, random } = world;
  const basics = basicsOf(world, plan);
  const { reports, wheel } = basics;
  const { log, reportBug } = reports;
  const stopTicking = keepTicking(wheel, world);
  const recorder = new Recorder(log, clock.wall, onEvent ?? null);
  const reportShortage = relieve(world, reports, () => store);
  const names = namesOf(plan, world, { reportShortage });
  const transport = transportTools(plan, names.outside, basics);
  const control = createControl({ ...names, wheel, clock, random, observer: recorder, transport });
  const store = new SnapshotStore({ router: new Router(0), byListener: [], sites: [] });
  const doors: (() => DoorReport)[] = [];
  const { standing, slots } = control;
  const wide = {
    events: recorder.events,
    pace: world,
    certificates: options.certificates ?? null,
    reload: options.reload ?? null,
  };
  const sources = { store, standing, slots, doors, ...wide, options: () => inForce.plan.gateway.admin };
  const adminApi = adminApiOf(sources, reports.limited);
  const tools = { ...control, ...names, affinitySecret: world.secret(), balancers, policies: policyMaker(options) };
  const admin = adminApi.behind({ kind: 'public' });
  const inForce: InForce = new InForce(plan.gateway, { ...tools, store, admin, reportBug });
  atOnce(inForce.apply(plan));
  const ways = waysIn(options, basics, { store, recorder, inForce, adminApi, doors });
  const settle = (): void => {
    control.scheduler.stop();
    names.discovery.close();
    recorder.events.close();
  };
  const ends = { settle, stop: () => endAll({ settle, stopTicking, reports, store }), rest: restOf(clock) };
  return { clock, log, writeAs: reports.writeAs, store, inForce, control, recorder, pace: world, ...ways, ...ends };
}

type WaysIn = Pick<Parts, 'listening' | 'listeningAt' | 'adminListening'>;

function waysIn(options: AssembleOptions, basics: Basics, serving: Serving): WaysIn {
  const { store, adminApi } = serving;
  return {
    listening: listenerTools(options, basics, serving),
    listeningAt: (number) => listenerTools(options, basics, { ...serving, store: store.ofListener(number) }),
    adminListening: (entrance) =>
      adminListenerTools(options, basics, { ...serving, store: storeOf(adminApi.behind(entrance)), doors: [] }),
  };
}

/** What everything else is made with. */
type Basics = {
  readonly reports: Reports;
  readonly wheel: TimerWheel;
  readonly atEnd: AfterEvents;
  readonly sending: Sending;
  readonly turns: ReadTurns;
  readonly watch: AcceptWatch;
  readonly marks: Omit<OwnMarks, 'idPrefix'>;
};

function basicsOf(world: World, { gateway }: Plan): Basics {
  const { kernel, afterEvents } = world;
  const { via, loopId } = gateway.start;
  const marks = {
    viaOnRequests: via !== 'none',
    viaOnResponses: via === 'both',
    loopId: loopIdOf(loopId, world.secret),
  };
  const atEnd = new TurnEnd(afterEvents).add;
  const sending = { kernel, batch: new SendBatch(atEnd) };
  const wheel = new TimerWheel(TICK);
  const reports = createReports(world, gateway.log);
  const watch = new AcceptWatch({ wheel, descriptors: world.descriptors, warn: reports.warn });
  return { reports, wheel, atEnd, sending, turns: new ReadTurns(atEnd), watch, marks };
}

type Outside = Pick<World, 'dial' | 'connect' | 'call' | 'run'> & Pick<TransportTools, 'reportShortage'>;

// All names go one way: whoever connects gets the outside from here.
function namesOf(plan: Plan, world: World, lacking: Pick<Outside, 'reportShortage'>) {
  const discovery = discoveryFor(plan, world);
  const book = new AddressBook(discovery, world.clock);
  const tools = { addresses: book, clock: world.clock };
  const outside: Outside = {
    dial: dialByName(world.dial, tools),
    connect: connectByName(world.connect, tools),
    call: callByName(world.call, tools),
    run: world.run,
    ...lacking,
  };
  return { discovery, book, outside, nameProblem: (name: string): string | null => book.problem(name) };
}

function transportTools({ gateway }: Plan, { dial, reportShortage }: Outside, basics: Basics): TransportTools {
  const { headLimits, idleConnections } = gateway.start;
  const { wheel, sending, turns } = basics;
  const { reportBug } = basics.reports;
  const idle = { count: 0, limit: idleConnections };
  return { dial, wheel, headLimits, idle, sending, turns, reportBug, reportShortage };
}

type Endings = Pick<Parts, 'settle' | 'store'> & { readonly stopTicking: () => void; readonly reports: Reports };

function endAll({ settle, stopTicking, reports, store }: Endings): void {
  settle();
  stopTicking();
  reports.limited.close();
  closeIdle(store);
}

function restOf({ after }: Clock): Parts['rest'] {
  return (delay) => new Promise((resolve) => after(delay, resolve));
}

type Serving = Pick<ListenerTools, 'doors'> & {
  readonly store: SnapshotStore;
  readonly recorder: Recorder;
  readonly inForce: InForce;
  readonly adminApi: AdminApi;
};

function listenerTools({ world, observers = [] }: AssembleOptions, basics: Basics, serving: Serving): ListenerTools {
  const { clock, random, descriptors, peerHasEnded } = world;
  const { wheel, sending, turns, watch } = basics;
  const { reportBug, reportFailure, reportPolicyFault, warn } = basics.reports;
  const { store, recorder, inForce, adminApi, doors } = serving;
  const ids = new RequestIds(random);
  const marks = { ...basics.marks, idPrefix: ids.prefix };
  const observer = together([recorder, ...observers]);
  const turnClock = new TurnClock(clock, basics.atEnd);
  const limits = new LimitWatch((change) => recorder.tenantChanged(change), clock);
  const exchanges = new Exchanges({
    store,
    clock,
    turnClock,
    wheel,
    observer,
    ids,
    marks,
    random,
    reportBug,
    reportPolicyFault,
    reportFailure(failed) {
      reportFailure(failed, ids);
      limits.failed(failed.tenant, failed.why);
    },
  });
  const seesReasons: ListenerTools['seesReasons'] = (head, client) =>
    inForce.plan.gateway.publicDetails || (head !== null && adminApi.isOperator(head, client));
  const trusted = () => inForce.plan.gateway.trustedProxies;
  const date = new DateLine(clock);
  const outside = { descriptors, peerHasEnded, seesReasons };
  return { wheel, exchanges, reportBug, warn, doors, ids, marks, date, trusted, sending, turns, watch, ...outside };
}

// Only the socket says who the peer is.
function adminListenerTools(...parts: Parameters<typeof listenerTools>): ListenerTools {
  return { ...listenerTools(...parts), trusted: () => [] };
}

function policyMaker({ world, policies = allPolicies }: AssembleOptions): PolicyMaker {
  const { clock, random } = world;
  return new PolicyMaker(
    policies,
    (tenant, words) => ({ tenant, words: privateWords(words), now: clock.now, random }),
    isSameData,
  );
}

function discoveryFor({ gateway }: Plan, { lookup, clock, random }: World): Discovery {
  const settings = gateway.start.lookup;
  return new Discovery({ lookup: lookup(settings), clock, random, timeout: settings.timeout });
}

function closeIdle({ current }: SnapshotStore): void {
  for (const { current: tenant } of current.sites)
    for (const backend of tenant.pool.backends) backend.transport.closeIdle();
}
