// Puts together what serves requests in one process. Who decides about backends, resolves names and answers operators is a
// parameter: this process itself, or another one that it is told by.
import type { AdminApi } from './admin-api.ts';
import { balancers as allBalancers } from '../balance/registry.ts';
import type { Clock } from '../core/clock.ts';
import { processFields } from '../core/cells.ts';
import { type GatewayCells, OWN } from '../core/gateway-cells.ts';
import { type Pace, atOnce } from '../core/slices.ts';
import { MemoryBudget } from '../core/memory-budget.ts';
import { type Millis, bytes } from '../core/units.ts';
import type { Names } from '../discovery/names.ts';
import type { NamesServed } from '../forward/decided.ts';
import type { FailedRequest } from '../forward/exchange-tools.ts';
import { SnapshotStore, backendsOf, routesAlone } from '../forward/snapshot.ts';
import type { ReportingDoor } from '../listen/door-counts.ts';
import type { ExchangeObserver } from '../message/record.ts';
import type { TellTrouble } from '../observe/common-trouble.ts';
import type { LiveTap } from '../observe/live/live-tap.ts';
import type { TopTap } from '../observe/top/top-tap.ts';
import type { Log } from '../observe/log.ts';
import { isSameData } from '../plan/fingerprint.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { GatewayPlan, Plan } from '../plan/plan.ts';
import type { PolicyKind } from '../policies/contract.ts';
import { PolicyMaker } from '../policies/lists.ts';
import { policies as allPolicies } from '../policies/registry.ts';
import type { PoolTools } from '../pools/pool.ts';
import type { StandingOwner } from '../standing/contract.ts';
import { SilenceWatch } from '../pools/silence-watch.ts';
import { SlotTable } from '../pools/slot-table.ts';
import { Router } from '../route/router.ts';
import { Tally } from '../standing/tally.ts';
import { Asks } from '../upstream/ask/asks.ts';
import type { TransportTools } from '../upstream/contract.ts';
import type { World } from '../world.ts';
import { InForce } from './apply.ts';
import { hostLookup } from './host-lookup.ts';
import type { Logs } from './logs.ts';
import { marksOf, settingsOf } from './changed-settings.ts';
import type { CommonValues } from './common-values.ts';
import { type PolicyGround, policyTools } from './policy-tools.ts';
import type { ResidentTools } from './resident.ts';
import { Observing } from './observers.ts';
import { type Outside, namesOf } from './outside.ts';
import { OverloadWatch } from './overload-watch.ts';
import { ShareReports } from './share-reports.ts';
import { relieve } from './relief.ts';
import type { Reports } from './reports.ts';
import { keepTicking } from './ticking.ts';
import { type Basics, basicsOf } from './basics.ts';
import { type Serving, type WaysIn, waysIn } from './ways-in.ts';

/** What a process that serves is made of. */
export type ServingParts = WaysIn & {
  readonly clock: Clock;
  readonly log: Log;
  /** Prepares what a plan changes of this process, besides its tenants and listeners; the function puts it in force. */
  readonly prepareSettings: (gateway: GatewayPlan) => () => void;
  readonly store: SnapshotStore;
  readonly inForce: InForce;
  readonly slots: SlotTable;
  readonly doors: Iterable<ReportingDoor>;
  readonly rest: (delay: Millis) => Promise<void>;
  readonly logs: Logs;
  /** Resolves when all lines are written and all spans sent, or cannot be in that time. */
  readonly written: (limit: Millis) => Promise<void>;
  /** Of work beside requests. */
  readonly pace: Pace;
  /** Ends what goes on by itself; what is in flight goes on. */
  readonly stop: () => void;
};

export type ServingOptions = {
  readonly plan: Plan;
  readonly world: World;
  /** Told of every exchange, besides what the gateway records for itself. */
  readonly observers?: readonly ExchangeObserver[];
  /** Those that plans may name; by default all there are. */
  readonly balancers?: ResidentTools['balancers'];
  readonly policies?: readonly PolicyKind<unknown>[];
  /** What TLS clients are served with; absent: nothing. */
  readonly names?: NamesServed | null;
};

/** Made by whoever serves, for whoever decides. */
export type DecidingTools = {
  readonly plan: Plan;
  readonly basics: Basics;
  readonly slots: SlotTable;
  readonly store: SnapshotStore;
  readonly inForce: () => InForce;
  readonly doors: Iterable<ReportingDoor>;
  /** What probes may use of the outside. */
  readonly outside: Outside;
  readonly nameProblem: (name: string) => string | null;
};

/** Decides for the parts that serve. */
export type Deciding = {
  readonly standing: StandingOwner<BackendPlan>;
  readonly adminApi: AdminApi;
  /** Counts exchanges. */
  readonly recorder: ExchangeObserver;
  /** Takes requests for people who watch. */
  readonly live: LiveTap;
  /** Counts what is busiest. */
  readonly top: TopTap;
  /** A request of a tenant has failed. */
  readonly requestFailed: (failed: FailedRequest) => void;
  /** Hears of what all processes suffer alike. */
  readonly trouble: TellTrouble;
};

/** What deciding begins with. */
export type Ground = {
  readonly cells: GatewayCells;
  readonly names: Names;
  /** Prepares another way of asking for names; the function puts it in force. */
  readonly prepareNames: (gateway: GatewayPlan) => () => void;
  /** The same in all processes of a gateway, and known to nobody else. */
  readonly secrets: Secrets;
  /** What one process finds out for all. */
  readonly commons: CommonValues;
};

/** `affinity` signs cookies where the configuration names no secret; `loop` makes the gateway's name in CDN-Loop. */
export type Secrets = { readonly affinity: string; readonly loop: string };

/** All that serves, at work but for the listeners, with what decides. */
export function assembleServing<Own extends Deciding>(
  options: ServingOptions,
  ground: Ground,
  decide: (tools: DecidingTools) => Own,
): ServingParts & { readonly deciding: Own } {
  const { plan, world, balancers = allBalancers } = options;
  const basics = basicsOf(world, plan);
  const { reports, wheel } = basics;
  const stopTicking = keepTicking(wheel, world);
  const store = new SnapshotStore(routesAlone(new Router(0)));
  const reportShortage = relieve(world, reports, () => store);
  const names = namesOf(ground.names, world, { reportShortage });
  const [slots, doors] = [new SlotTable(), new Set<ReportingDoor>()];
  const deciding = decide({ plan, basics, slots, store, inForce: () => inForce, doors, ...names });
  const pools = poolTools(ground, basics, { slots, standing: deciding.standing });
  const transport = transportTools(plan, names.outside, basics, ground.cells);
  const living = { ...pools, transport, discovery: ground.names, book: names.book, balancers, store };
  const asks = new Asks(world);
  const memory = cacheMemory(plan, ground);
  const hosts = hostLookup(world, () => inForce.plan.gateway.lookup);
  const means = { ...ground, world, ask: asks.ask, hosts, turns: basics.work, log: reports.log, memory };
  const policies = policyMaker(options, means);
  const tools = { ...living, ...sharesOf(basics), policies, reportBug: reports.reportBug };
  const inForce: InForce = new InForce(plan.gateway, { ...tools, admin: deciding.adminApi.behind({ kind: 'public' }) });
  atOnce(inForce.apply(plan));
  const marks = { idPrefix: basics.ids.prefix, ...marksOf(plan.gateway, ground.secrets) };
  const { connections: connectionCells } = ground.cells;
  const served = { store, inForce, doors, deciding, marks, connectionCells, leaveCrumb: crumbsOf(ground) };
  const observed = observing(options, basics, { ground, deciding, plan: () => inForce.plan, ask: asks.ask });
  const { logs, observe, written } = observed;
  const ways = waysIn(basics, { ...served, ...observed.told, names: options.names ?? null });
  const stop = (): void => {
    stopTicking();
    endAll({ reports, inForce, asks, store, observed });
  };
  const watch = overloadWatch(plan, basics);
  const prepareSettings = settingsOf({ ...basics, observe, transport, marks, ground, memory, watch });
  const parts = { store, inForce, slots, doors, stop, deciding, prepareSettings, logs, written };
  return { clock: world.clock, log: reports.log, pace: world, rest: restOf(world.clock), ...ways, ...parts };
}

function crumbsOf({ cells: { processes } }: Ground): Serving['leaveCrumb'] {
  return (crumb) => processes.note(OWN, processFields.crumb, crumb);
}

type Observed = {
  readonly ground: Ground;
  readonly deciding: Deciding;
  readonly plan: () => Plan;
  readonly ask: Asks['ask'];
};

function observing(
  { observers = [] }: ServingOptions,
  basics: Basics,
  { ground, deciding, ...asked }: Observed,
): Observing {
  const { recorder, live, top, trouble } = deciding;
  return new Observing(basics, { observers, recorder, live, top, trouble, traffic: ground.cells.traffic, ...asked });
}

function cacheMemory({ gateway }: Plan, { cells }: Ground): MemoryBudget {
  return new MemoryBudget(gateway.cacheMemory, (whole) => bytes(cells.shareOf(whole)));
}

function sharesOf({ admission, wheel, world }: Basics): Pick<ResidentTools, 'admission' | 'shareReports'> {
  return { admission, shareReports: new ShareReports(admission, wheel, world.clock.now) };
}

function overloadWatch({ gateway }: Plan, { admission, overload, wheel, reports, world }: Basics): OverloadWatch {
  const { residentBytes, clock } = world;
  const tools = { admission, overload, wheel, residentBytes, log: reports.log, now: clock.now };
  return new OverloadWatch(tools, gateway.memory);
}

function poolTools(
  { cells, secrets }: Ground,
  { world, wheel }: Basics,
  { slots, standing }: Pick<PoolTools, 'slots' | 'standing'>,
): Omit<PoolTools, 'transport'> {
  const { clock, random } = world;
  const { backends, tenants } = cells;
  const tally = new Tally(backends.traffic, wheel, standing);
  const silence = new SilenceWatch(wheel, standing);
  const own = { wheel, clock, random, tally, silence, affinitySecret: secrets.affinity };
  return { ...own, cells: backends, tenants, slots, standing };
}

function transportTools(
  { gateway }: Plan,
  { dial, reportShortage }: Outside,
  basics: Basics,
  cells: GatewayCells,
): TransportTools {
  const { responseHeadLimits, idleConnections } = gateway;
  const { wheel, sending, turns } = basics;
  const { reportBug } = basics.reports;
  const { peerHasEnded } = basics.world;
  const idle = { count: 0, limit: cells.shareOf(idleConnections) };
  // A plan changes the limits in place, so that they hold for the connections that are open, too.
  const headLimits = { ...responseHeadLimits };
  return { dial, peerHasEnded, wheel, headLimits, idle, sending, turns, reportBug, reportShortage };
}

function policyMaker({ policies = allPolicies }: ServingOptions, ground: PolicyGround): PolicyMaker {
  return new PolicyMaker(policies, policyTools(ground), isSameData);
}

function restOf({ after }: Clock): ServingParts['rest'] {
  return (delay) => new Promise((resolve) => after(delay, resolve));
}

type Ending = {
  readonly reports: Reports;
  readonly inForce: InForce;
  readonly asks: Asks;
  readonly store: SnapshotStore;
  readonly observed: Observing;
};

// What goes on by itself.
function endAll({ reports, inForce, asks, store: { current }, observed }: Ending): void {
  reports.limited.close();
  observed.close();
  inForce.rest();
  asks.close();
  for (const { current: tenant } of current.sites)
    for (const backend of backendsOf(tenant)) backend.usedTransport?.closeIdle();
}
