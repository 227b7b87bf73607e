// The workers of a gateway, as the part that decides sees them: tells them what stands, takes in what they report, and takes
// all of them from one plan to the next.
import type { HandedCertificates } from '../certificates/contract.ts';
import type { SuperviseSettings } from '../config/supervise.ts';
import { processFields, standingFields } from '../core/cells.ts';
import type { Slot } from '../core/cells.ts';
import type { Descriptor, HandedSocket } from '../core/kernel-sockets.ts';
import type { LogLevel } from '../core/log-settings.ts';
import { readCrumb } from '../core/crumb.ts';
import { OWN } from '../core/gateway-cells.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { ServedAddress } from '../listen/listeners.ts';
import { partsOf } from '../plan/parts.ts';
import type { Difference } from '../plan/difference.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { RequestFilter } from '../observe/live/request-filter.ts';
import type { TopWanted } from '../observe/top/top-tap.ts';
import type { Attached, CertificateNews, Followers } from '../runtime/followers.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { Ground } from '../runtime/serving.ts';
import type { PreparedPart } from '../runtime/two-phases.ts';
import type { StandingEvents } from '../standing/contract.ts';
import type { Ineligibility } from '../standing/eligibility.ts';
import type { Standing } from '../standing/standing.ts';
import { wordOf } from '../standing/word.ts';
import type { World } from '../world.ts';
import type { BoundSlots, PreparedSlots } from './bound-slots.ts';
import { DoorBook } from './door-book.ts';
import type { FleetGround } from './fleet-ground.ts';
import { Inbox } from './inbox.ts';
import { Introductions } from './introductions.ts';
import type { News, ReplyKind, ToWorker } from './messages.ts';
import { Patience } from './patience.ts';
import { PulseWatch } from './pulse.ts';
import type { Recruits } from './recruits.ts';
import { Relay } from './relay.ts';
import { SlotKeeper } from './slot-keeper.ts';
import { seatsOf, whatStands } from './what-stands.ts';
import type { WorkerProcess } from './worker-process.ts';

const TICK = millis(50);
const FENCE = millis(1000);
// For loading, the plan and what stands: some seconds for ten thousand tenants on a busy machine.
const LONGEST_START = millis(120_000);
// Beside the time that exchanges have to end: the answer itself has to come.
const LAST_WORD = millis(2000);
// One that hangs is not waited for: it will not send requests anywhere.
const LONGEST_CATCHING_UP = millis(1000);
const NOWHERE = wordOf({ reason: 'unresolved', isOnTrial: false, health: null, isUnwanted: false });

export type FleetTools = {
  /** The one that the gateway starts with. */
  readonly plan: Plan;
  readonly world: World;
  readonly shared: FleetGround;
  readonly bound: BoundSlots;
  readonly slots: number;
  /** Where workers come from. */
  readonly recruits: Recruits;
};

/** What they get of another plan besides the plan. */
type Handed = { readonly certificates: HandedCertificates; readonly slots: PreparedSlots };

/** What workers begin with. */
type Taught = Pick<Gateway, 'plan' | 'certified' | 'snapshot'>;

export class Fleet implements Followers {
  isServing = false;
  private readonly keeper: SlotKeeper;
  private readonly patience: Patience;
  private readonly nowhere: Slot;
  private readonly doorBook = new DoorBook<WorkerProcess>();
  private readonly stopTimers: (() => void)[] = [];
  private readonly introductions: Introductions;
  private relay: Relay | null = null;
  private inbox: Inbox | null = null;
  private attached: Attached | null = null;
  /** What it serves for. */
  private gateway: Taught | null = null;
  /** Workers that are on their way to the plan in force. */
  private readonly coming = new Set<Promise<unknown>>();
  /** Resolved when no plan is being put in force. */
  private change: Promise<unknown> = Promise.resolve();

  constructor(private readonly tools: FleetTools) {
    const { world, shared, bound, slots } = tools;
    const { cells } = shared.ground;
    this.nowhere = cells.backends.take();
    cells.backends.standing.set(this.nowhere, standingFields.word, NOWHERE);
    const close = (descriptor: Descriptor): void => world.sockets?.close(descriptor);
    this.introductions = new Introductions({ shared, slots, nowhere: this.nowhere, close });
    shared.tellNames((news) => this.relay?.tellName(news));
    shared.tellCommons((key, value) => this.broadcast({ kind: 'common', key, value }));
    this.patience = new Patience(world.clock, () => this.settings.hang);
    this.keeper = new SlotKeeper({
      clock: world.clock,
      slots,
      bound,
      pulse: new PulseWatch(cells),
      start: () => this.start(),
      takeBack: (place) => this.takeBack(place),
      tell: (change) => this.attached?.recorder.gatewayChanged(change),
      doing: (place) => this.doing(place),
      settings: () => this.settings,
    });
  }

  get ground(): Ground {
    return this.tools.shared.ground;
  }

  get addresses(): readonly ServedAddress[] {
    return this.tools.bound.addresses;
  }

  get sockets(): readonly HandedSocket[] {
    return this.tools.bound.handedOver;
  }

  readonly doors = (): readonly DoorReport[] => this.doorBook.reports;

  readonly restarts = (): readonly number[] => this.keeper.restarts;

  tellToo(own: StandingEvents, standing: () => Standing<BackendPlan>): StandingEvents {
    const { world } = this.tools;
    this.relay = new Relay(own, {
      atEnd: world.afterEvents,
      send: (news) => this.broadcast({ kind: 'news', news }),
      why: (slot) => standing().report(slot)?.ineligibility ?? null,
      isHeard: () => this.keeper.hasFollowers,
    });
    return this.relay;
  }

  watchRequests(filters: readonly RequestFilter[]): void {
    this.broadcast({ kind: 'watch', filters });
  }

  countTop(wanted: TopWanted): void {
    this.broadcast({ kind: 'count', wanted });
  }

  attach(attached: Attached): void {
    const { cells, names, commons } = this.tools.shared.ground;
    this.attached = attached;
    this.inbox = new Inbox(attached, {
      cells,
      names,
      commons,
      workerAt: (place) => this.keeper.at(place),
      doorsOf: (worker, doors) => this.doorBook.told(worker, doors),
    });
  }

  /** Sends workers that have been started already what they begin with. */
  introduce(): void {
    const { recruits, plan } = this.tools;
    for (const worker of recruits.all) this.introductions.send(worker, plan);
  }

  /** Starts the workers with the plan in force, and resolves when they listen. An error is one line for people. */
  async begin(gateway: Taught): Promise<string | null> {
    const { every } = this.tools.world.clock;
    this.gateway = gateway;
    const problem = await this.keeper.begin();
    this.isServing = problem === null;
    this.stopTimers.push(
      every(TICK, () => {
        this.inbox?.settleHeard();
        this.keeper.feel();
      }),
      every(FENCE, () => {
        this.probeSpares();
        void this.fence();
      }),
    );
    return problem;
  }

  async prepare(
    plan: Plan,
    change: Difference,
    certificates: HandedCertificates,
  ): Promise<Result<PreparedPart, string>> {
    const turn = Promise.withResolvers<void>();
    const before = this.change;
    this.change = turn.promise;
    await Promise.all([before, ...this.coming]);
    const slots = this.tools.bound.prepare(plan);
    if (!slots.ok) {
      turn.resolve();
      return slots;
    }
    const drop = (): void => {
      this.broadcast({ kind: 'drop' });
      slots.value.drop();
      turn.resolve();
    };
    const problem = await this.prepareAll(plan, change, { certificates, slots: slots.value });
    if (problem !== null) {
      drop();
      return err(problem);
    }
    const commit = async (): Promise<void> => {
      try {
        this.relay?.flush();
        await this.commitAll();
        slots.value.commit();
        this.doorBook.forgetAbsent();
        await this.keeper.bringUpToDate();
      } finally {
        turn.resolve();
      }
    };
    return ok({ commit, drop });
  }

  private async prepareAll(plan: Plan, change: Difference, { certificates, slots }: Handed): Promise<string | null> {
    const sent = new Set([...change.added, ...change.changed].map(({ name }) => name));
    const tenants = plan.tenants.map((tenant) => (sent.has(tenant.name) ? tenant : tenant.fingerprint));
    for (const part of partsOf(plan.gateway, tenants)) this.broadcast({ kind: 'part', part });
    const replies = await Promise.all(
      this.following.map((worker) => {
        const sockets = worker.slot === null ? [] : (slots.hand(worker, worker.slot) ?? []);
        return worker.ask({ kind: 'prepare', certificates, sockets }, 'prepared');
      }),
    );
    return replies.find((reply) => reply !== null && reply.problem !== null)?.problem ?? null;
  }

  // One that cannot ends, and another one begins with the plan: nobody serves by half of it.
  private async commitAll(): Promise<void> {
    await Promise.all(
      this.following.map(async (worker) => {
        const reply = await worker.ask({ kind: 'commit' }, 'committed');
        if (reply !== null && reply.problem !== null) worker.endBecause(reply.problem);
      }),
    );
  }

  setLogLevel(level: LogLevel | null): void {
    this.broadcast({ kind: 'logs', order: { level } });
  }

  reopenLogs(): void {
    this.broadcast({ kind: 'logs', order: 'reopen' });
  }

  async tellCertificates(news: CertificateNews): Promise<void> {
    this.broadcast({ kind: 'certified', news });
    await this.caughtUp();
  }

  async caughtUp(): Promise<void> {
    const { clock } = this.tools.world;
    this.relay?.flush();
    const serving = this.keeper.all.filter(({ state }) => state === 'serving');
    const all = Promise.all(serving.map((worker) => worker.ask({ kind: 'fence' }, 'fenced')));
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(LONGEST_CATCHING_UP, late.resolve);
    await Promise.race([late.promise, all]);
    cancel();
  }

  async retire(
    { gateway: { shutdown } }: Plan,
    handsOver: Millis | null,
  ): Promise<{ readonly finished: number; readonly cut: number }> {
    for (const stop of this.stopTimers.splice(0)) stop();
    this.tools.bound.close();
    const within = handsOver ?? shutdown.delay + Math.max(shutdown.timeout, shutdown.tunnelTimeout);
    return await this.keeper.retire(millis(within + LAST_WORD), handsOver);
  }

  stop(): void {
    for (const stop of this.stopTimers.splice(0)) stop();
    this.keeper.stop();
  }

  private start(): { readonly worker: WorkerProcess; readonly ready: Promise<string | null> } {
    const events = {
      told: (from: WorkerProcess, message: Parameters<Inbox['take']>[1]) => this.inbox?.take(from, message),
      ended: (from: WorkerProcess, end: Parameters<SlotKeeper['ended']>[1]) => {
        this.doorBook.ended(from);
        this.keeper.ended(from, end);
      },
    };
    const worker = this.tools.recruits.take();
    worker.tellOf(events);
    return { worker, ready: this.patience.within(LONGEST_START, worker, this.bring(worker)) };
  }

  // The pulse of a worker that serves nobody is not felt; it must be able to when it is needed, and must not hold up a reload.
  private probeSpares(): void {
    for (const worker of this.keeper.all)
      if (worker.state === 'spare' && worker.place === null)
        void this.patience.within(this.settings.hang, worker, worker.ask({ kind: 'fence' }, 'fenced'));
  }

  // Brings a worker to the plan in force.
  private async bring(worker: WorkerProcess): Promise<string | null> {
    if (!(await this.patience.whileItMoves(worker, worker.loaded))) return 'the worker ended before it was loaded';
    await this.restOfChanges();
    const { gateway } = this;
    if (gateway === null) return 'there is no plan';
    const coming = this.teach(worker, gateway);
    this.coming.add(coming);
    const problem = await coming;
    this.coming.delete(coming);
    if (this.coming.size === 0) this.introductions.rest();
    return problem;
  }

  // Another plan may be on its way by the time that one is in force.
  private async restOfChanges(): Promise<void> {
    for (let seen: Promise<unknown> | null = null; seen !== this.change; ) {
      seen = this.change;
      await seen;
    }
  }

  private async teach(worker: WorkerProcess, { plan, certified, snapshot }: Taught): Promise<string | null> {
    const problem = this.introductions.send(worker, plan);
    if (problem !== null) return problem;
    this.relay?.flush();
    const seats = seatsOf(plan, snapshot);
    worker.tell({ kind: 'news', news: this.allThatStands(seats) });
    worker.tell({ kind: 'watch', filters: this.attached?.live.filters ?? [] });
    worker.tell({ kind: 'logs', order: { level: this.attached?.logLevel() ?? null } });
    if (this.attached !== null) worker.tell({ kind: 'count', wanted: this.attached.top.wanted });
    worker.isFollowing = true;
    const ready = await this.patience.whileItMoves(worker, worker.ask({ kind: 'assemble', certified, seats }, 'ready'));
    return ready === null ? 'the worker ended before it was ready' : ready.problem;
  }

  private allThatStands(seats: Int32Array): News {
    const { ground, names } = this.tools.shared;
    const why = (slot: Slot): Ineligibility | null => this.attached?.standing.report(slot)?.ineligibility ?? null;
    const standings = { cells: ground.cells.backends, why };
    const backends = this.attached?.slots.all ?? [];
    return { ...whatStands(backends, seats, standings), names: names(), doubted: [], cut: [] };
  }

  private get settings(): SuperviseSettings {
    return (this.gateway?.plan ?? this.tools.plan).gateway.supervise;
  }

  // Which policy of which tenant a worker has asked.
  private doing(place: number): string | null {
    const word = this.tools.shared.ground.cells.processes.of(place, OWN, processFields.crumb);
    const crumb = readCrumb(word);
    const site = this.gateway?.snapshot.sites.find(
      ({ current }) => current.pools[0]?.pool.numbers.place === crumb?.tenant,
    );
    if (crumb === null || site === undefined) return null;
    const { name, policies } = site.current;
    return `asking the policy ${policies?.made[crumb.policy]?.type ?? crumb.policy + 1} of tenant ${name}`;
  }

  private takeBack(place: number): void {
    this.tools.shared.ground.cells.takeBack(place);
    this.inbox?.settleEmptied();
  }

  // Gives slots free that no worker uses any more.
  private async fence(): Promise<void> {
    const passed = this.tools.shared.ground.cells.beginFence();
    if (passed === null) return;
    await this.restOfChanges();
    await this.askAll({ kind: 'fence' }, 'fenced');
    passed();
    this.inbox?.settleEmptied();
  }

  private get following(): readonly WorkerProcess[] {
    return this.keeper.all.filter(({ isFollowing }) => isFollowing);
  }

  private broadcast(message: ToWorker): void {
    for (const worker of this.following) worker.tell(message);
  }

  private askAll<Kind extends ReplyKind>(message: ToWorker, kind: Kind) {
    return Promise.all(this.following.map((worker) => worker.ask(message, kind)));
  }
}
