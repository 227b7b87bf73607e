// A tenant's backends with their balancer: chooses which of them gets a request. Who may get requests is decided in
// standing/. The list of eligible backends is rebuilt when something changes, never per request.
import type { Balancer, BalancerTools } from '../balance/contract.ts';
import type { KeySource } from '../balance/key-source.ts';
import type { Slot } from '../core/cells.ts';
import type { Clock } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { AddressChange } from '../discovery/address-book.ts';
import type { BackendPlan, PoolPlan } from '../plan/plan.ts';
import type { StandingOwner } from '../standing/contract.ts';
import { evidenceOf } from '../standing/evidence.ts';
import { answerCause } from '../standing/outlier.ts';
import type { Tally } from '../standing/tally.ts';
import { Affinity } from './affinity.ts';
import { wasSilent, witnessOf } from './blame.ts';
import { Backend, type BackendOwner, type BackendTools } from './backend.ts';
import { type NoneCode, noneEligible } from './none-eligible.ts';
import { eligibleOf, lastResortOf, untriedOf } from './selection.ts';
import type { SilenceWatch } from './silence-watch.ts';
import type { SlotTable } from './slot-table.ts';
import { WaitingLine, type Waiter } from './waiting-line.ts';

/** What all pools of a process share. */
export type PoolTools = BackendTools &
  Pick<BalancerTools, 'random'> & {
    readonly wheel: TimerWheel;
    readonly clock: Clock;
    /** Is told what requests show of backends, gives backends their slots, and says why one gets no requests. */
    readonly standing: StandingOwner<BackendPlan>;
    readonly tally: Tally;
    readonly silence: SilenceWatch;
    readonly slots: SlotTable;
    /** Signs cookies where the configuration names no secret. */
    readonly affinitySecret: string;
  };

// About as long as a program takes to start again. A request may wait for it that long, and one that waits in vain is
// not kept for much longer.
const MOMENT = millis(1000);

/** A name that should lead to backends, or to one, and does not yet. */
export type Unresolved = {
  /** The first answer is still to come. */
  isPending(): boolean;
  /** Null: its backend says so itself. */
  describe(): string | null;
  /** Somebody needs it: it is asked for again as soon as it may be. */
  hasten(): void;
};

/** Makes a balancer with what it may use of its pool. */
export type CreateBalancer = (tools: BalancerTools) => Balancer;

/** A tenant's backends. A pool lives as long as the tenant has its name: a reload changes its options and members in
 * place, so that waiting requests stay in line, and the balancer keeps its turns and measurements. */
export class Pool implements BackendOwner {
  affinity: Affinity | null;
  /** Requests in flight in the whole pool, for balancers that bound their load. */
  private readonly load = { inFlight: 0 };
  /** Those of them that hold no place. */
  private streams = 0;
  /** Kept over a reload with its turns and measurements, unless the configuration asks for another one. */
  balancer: Balancer;
  private members: readonly Backend[] = [];
  private unresolved: readonly Unresolved[] = [];
  private eligible: readonly Backend[] = [];
  /** Requests that all of them may have at a time. */
  private capacity = 0;
  /** Those that were eligible last. */
  private known: readonly Backend[] = [];
  private readonly line: WaitingLine;
  private hasTiers = false;
  private nextUnknown = 0;

  constructor(
    public options: PoolPlan,
    createBalancer: CreateBalancer,
    private readonly tools: PoolTools,
  ) {
    this.balancer = this.newBalancer(createBalancer);
    this.line = new WaitingLine(options.maxQueue, options.queueTimeout, tools.wheel);
    this.affinity = this.affinityOf(options);
  }

  /** Other options from here on; requests that wait stay in line. */
  reconfigure(options: PoolPlan, balancer: Balancer): void {
    this.options = options;
    this.line.reconfigure(options.maxQueue, options.queueTimeout);
    this.affinity = this.affinityOf(options);
    this.affinity?.update(this.members);
    if (balancer === this.balancer) return;
    this.balancer = balancer;
    balancer.update(this.eligible);
  }

  private affinityOf({ affinity }: PoolPlan): Affinity | null {
    return affinity === null ? null : new Affinity(affinity, this.tools.affinitySecret);
  }

  /** Makes a balancer for this pool. It is used from `reconfigure` on. */
  newBalancer(createBalancer: CreateBalancer): Balancer {
    const { random, clock } = this.tools;
    return createBalancer({ random, now: clock.now, load: this.load });
  }

  get backends(): readonly Backend[] {
    return this.members;
  }

  get eligibleCount(): number {
    return this.eligible.length;
  }

  /** How many requests wait for a backend. */
  get waiting(): number {
    return this.line.size;
  }

  /** Says which backends it has from here on. Those that it has already stay; those that it has no more finish what they
   * have begun, within `leaveWithin` (null: without a limit). */
  open(plans: readonly BackendPlan[], unresolved: readonly Unresolved[], leaveWithin: Millis | null): void {
    const identities = new Set(plans.map(({ identity }) => identity));
    // Before `standing.open`, which may give their slots to others.
    for (const backend of this.members) if (!identities.has(backend.options.identity)) this.dismiss(backend);
    this.members = this.members.filter(({ hasLeft }) => !hasLeft);
    this.known = this.known.filter(({ hasLeft }) => !hasLeft);
    const { slowStart } = this.options;
    const slots = this.tools.standing.open(this.options.tenant, { slowStart, leaveWithin }, plans);
    const members = plans.map(
      (plan, at) => this.tools.slots.keep(slots[at], plan, this) ?? this.enter(plan, slots[at]),
    );
    this.members = members;
    this.unresolved = unresolved;
    this.affinity?.update(members);
    this.hasTiers = members.some(({ options }) => options.tier !== members[0].options.tier);
    this.load.inFlight = members.reduce((sum, backend) => sum + backend.inFlight, 0);
    this.streams = members.reduce((sum, backend) => sum + backend.streams, 0);
    this.refresh();
  }

  private enter(plan: BackendPlan, slot: Slot): Backend {
    const backend = new Backend(plan, slot, this, this.tools);
    this.tools.slots.enter(backend);
    return backend;
  }

  private dismiss(backend: Backend): void {
    backend.leave();
    this.tools.slots.dismiss(backend);
  }

  /** Which part of a request the balancer's key is; null: it needs none. */
  get keySource(): KeySource | null {
    return this.balancer.keySource;
  }

  /** Takes the next backend for one request; null: none is eligible. Those in `tried` are passed over while there is
   * another. */
  take(tried: readonly Backend[], keyHash: number): Backend | null {
    const backend = tried.length === 0 ? this.first(keyHash) : this.other(tried, keyHash);
    if (backend !== null) this.begin(backend);
    return backend;
  }

  private first(keyHash: number): Backend | null {
    return this.eligible.length === 0 ? null : this.eligible[this.balancer.pick(keyHash)];
  }

  private other(tried: readonly Backend[], keyHash: number): Backend | null {
    const { eligible, balancer } = this;
    const other = eligible.length === 0 ? -1 : balancer.pickOther(keyHash, tried);
    return other >= 0 ? eligible[other] : (untriedOf(this.members, tried) ?? this.first(keyHash));
  }

  /** There is an eligible backend that a request has not tried. */
  hasUntried(tried: readonly Backend[]): boolean {
    return untriedOf(this.members, tried) !== null;
  }

  /** Takes this very backend, if it is eligible, for a client that belongs there. */
  takeThis(backend: Backend): boolean {
    const isFree = this.isFree(backend);
    if (isFree) this.begin(backend);
    return isFree;
  }

  private isFree(backend: Backend): boolean {
    return backend.owner === this && !backend.hasLeft && backend.isEligible;
  }

  /** Says where a request would go now, without taking a place for it; null: nowhere, or it would wait. `wanted`: the
   * backend that its client belongs to. */
  peek(wanted: Backend | null, keyHash: number): Backend | null {
    if (wanted !== null && this.isFree(wanted)) return wanted;
    if (this.eligible.length > 0) return this.eligible[this.balancer.peek(keyHash)];
    return this.isWorthWaiting ? null : lastResortOf(this.options.whenNoneEligible, this.members, this.known, []);
  }

  /** Takes a backend whose health is not known yet: to try it is better than an error. Null: there is none. */
  takeUnknown(): Backend | null {
    const unknown = this.members.filter((backend) => backend.obstacle === 'unknown');
    if (unknown.length === 0) return null;
    const backend = unknown[this.nextUnknown++ % unknown.length];
    this.begin(backend);
    return backend;
  }

  /** Takes a backend although none is eligible, where `when_none_eligible` wants that; null: none. */
  takeAnyway(tried: readonly Backend[]): Backend | null {
    const backend = lastResortOf(this.options.whenNoneEligible, this.members, this.known, tried);
    if (backend !== null) this.begin(backend);
    return backend;
  }

  /** Requests in flight at all backends. */
  get inFlight(): number {
    return this.load.inFlight;
  }

  /** Half of the places at the eligible backends are taken. */
  get isCrowded(): boolean {
    return (this.inFlight - this.streams) * 2 >= this.capacity;
  }

  /** No name has led to a backend yet: that is the reason why nobody can answer, not that all are busy. */
  get lacksNames(): boolean {
    return this.unresolved.length > 0 && this.members.every(({ obstacle }) => obstacle === 'unresolved');
  }

  /** True if waiting may help: a verdict is still out, or all are only busy, or one was lost just now and may be about
   * to return, as in a restart. */
  get isWorthWaiting(): boolean {
    if (this.unresolved.some((name) => name.isPending())) return true;
    return this.members.some((backend) => {
      const { obstacle } = backend;
      return obstacle === 'unknown' || obstacle === 'full' || (obstacle === 'unhealthy' && this.isJustLost(backend));
    });
  }

  /** It was healthy until a moment ago. */
  private isJustLost(backend: Backend): boolean {
    const elapsed = backend.lostFor(this.tools.clock.now());
    return elapsed !== null && elapsed < MOMENT;
  }

  /** A backend that refuses connections now may take them again before long: probes have found it well lately. */
  get mayRecover(): boolean {
    return this.members.some((backend) => backend.isHealthy || this.isJustLost(backend));
  }

  /** Puts a request in line for the next backend that becomes eligible. False: the line is full. */
  wait(waiter: Waiter): boolean {
    return this.line.join(waiter);
  }

  private begin(backend: Backend): void {
    // The request is counted before it is connected: a backend that connects slowly must already look busy.
    const places = backend.begun();
    this.load.inFlight++;
    if (!backend.isWatched) this.tools.silence.watch(backend);
    if (places >= backend.maxRequests) this.refresh();
  }

  // Tunnels and streams last for hours, and cost their backend little: they must not keep requests away.
  streamBegan(backend: Backend): boolean {
    if (backend.streams >= this.options.maxStreams) return false;
    const places = backend.madeStream();
    if (backend.hasLeft) return true;
    this.streams++;
    if (places === backend.maxRequests - 1) this.freed(backend);
    return true;
  }

  streamEnded(backend: Backend): void {
    backend.endedStream();
    if (!backend.hasLeft) this.streams--;
  }

  release(backend: Backend): void {
    const places = backend.ended();
    if (backend.hasLeft) return this.releaseOfOneThatLeft(backend);
    this.load.inFlight--;
    if (places === backend.maxRequests - 1) this.freed(backend);
    if (places === 0 && !backend.isServing && backend.inFlight === 0) this.tools.standing.emptied(backend.slot);
  }

  private releaseOfOneThatLeft(backend: Backend): void {
    if (backend.inFlight > 0) return;
    this.tools.slots.leave(backend);
    this.tools.standing.emptied(backend.slot);
  }

  // Where all backends are full, every answer frees one place, and the first request in line gets it. The list of
  // eligible backends stays as it is, so it need not be rebuilt.
  private freed(backend: Backend): void {
    const isOnly = this.eligible.length === 0 && !this.hasTiers && backend.isEligible;
    const waiter = isOnly ? this.line.next() : null;
    if (waiter === null) return this.refresh();
    backend.begun();
    this.load.inFlight++;
    waiter.admitted(backend);
  }

  noteFailure(backend: Backend, why: Failure, client: string, began: Millis): void {
    const { wheel, standing, clock } = this.tools;
    const evidence = evidenceOf(why.code);
    if (backend.hasLeft) return;
    if (why.source === 'upstream') standing.met(backend.slot, why);
    if (evidence === null) return;
    backend.failedAt = wheel.now;
    const waited = millis(clock.now() - began);
    if (evidence.cause === 'timeout' && !wasSilent(backend, why, waited, this.options, wheel)) return;
    // Measured as if it had taken all of its time: a backend that fails fast must not look like a fast one.
    this.balancer.observe?.(backend.id, this.options.firstByteTimeout);
    standing.failed(backend.slot, why.code, witnessOf(backend, client, waited, wheel));
  }

  noteAnswer(backend: Backend, status: number, latency: Millis, client: string): boolean {
    if (backend.hasLeft) return true;
    const { standing, tally, wheel } = this.tools;
    const { outlier } = backend.options;
    if (latency > 0) this.balancer.observe?.(backend.id, latency);
    const isFirst = tally.heard(backend.slot, status < 500);
    if (isFirst && latency > 0) backend.hearing?.usual.add(latency);
    const cause = outlier === null ? null : answerCause(status, latency, outlier);
    if (cause !== null) standing.answeredBadly(backend.slot, cause, witnessOf(backend, client, latency, wheel));
    // A trial ends when the answer begins: a stream would otherwise keep the backend out for as long as it lasts.
    else if (backend.isOnTrial) standing.trialPassed(backend.slot);
    return cause === null;
  }

  noteWhole(backend: Backend, client: string): void {
    if (backend.hasLeft) return;
    backend.servedClients.served(client, this.tools.wheel.now);
    if (backend.isOnTrial) this.tools.standing.trialPassed(backend.slot);
    else this.tools.tally.whole(backend.slot);
  }

  standingChanged(): void {
    this.refresh();
  }

  /** Rebuilds the list of eligible backends and serves those who wait. */
  private refresh(): void {
    const well = this.members.filter((member) => member.read());
    this.eligible = eligibleOf(this.members);
    if (this.eligible.length > 0 || !this.liftsTrial()) this.serve();
    for (const backend of well) this.warmUp(backend);
  }

  // Opens some connections ahead for a backend that begins to get requests.
  private warmUp(backend: Backend): void {
    backend.transport.warm(Math.min(this.options.warm, backend.maxRequests), this.options);
  }

  // Ends the trials of all backends. True: there was one, and its end has refreshed the list already.
  private liftsTrial(): boolean {
    const onTrial = this.members.filter((member) => member.isOnTrial);
    for (const { slot } of onTrial) this.tools.standing.liftTrial(slot);
    return onTrial.length > 0;
  }

  private serve(): void {
    if (this.eligible.length > 0) this.known = this.eligible;
    this.capacity = this.eligible.reduce((sum, backend) => sum + backend.maxRequests, 0);
    this.balancer.update(this.eligible);
    while (this.eligible.length > 0) {
      const waiter = this.line.next();
      if (waiter === null) return;
      const backend = this.take(waiter.tried, waiter.keyHash);
      if (backend !== null) waiter.admitted(backend);
    }
    if (this.line.size > 0 && !this.isWorthWaiting) this.line.dismiss();
  }

  /** The one reason why a backend gets no requests, in one line; null: it does. */
  reason(backend: Backend): string | null {
    const why = this.tools.standing.reason(backend.slot);
    return (
      why ??
      (backend.isEligible
        ? null
        : `full: it has all ${backend.maxRequests} requests that max_requests or pool.max_connections allows`)
    );
  }

  /** The addresses of a host have changed. */
  moved(host: string, { hasNew, hasLost }: AddressChange): void {
    for (const { options, transport, slot } of this.members) {
      const isOwn = options.host?.name === host;
      if (isOwn && hasLost) transport.dropIdle();
      if (hasNew && (isOwn || options.check?.host?.name === host)) this.tools.standing.moved(slot);
    }
  }

  /** A request finds nobody. Names that are missing are asked for again: somebody needs them. */
  refuse(): Failure {
    for (const name of this.unresolved) name.hasten();
    return this.explainNone();
  }

  /** Why no backend takes a request: each with its one reason. */
  explainNone(code: NoneCode = 'none-eligible'): Failure {
    const backends = this.members.map((backend) => () => `${backend.name} ${this.reason(backend) ?? 'is eligible'}`);
    const names = this.unresolved.flatMap((name) => name.describe() ?? []).map((text) => () => text);
    return noneEligible(code, this.options, [...backends, ...names]);
  }
}
