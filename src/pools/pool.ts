// A tenant's backends with their balancer: chooses which of them gets a request. Who may get requests is decided in
// standing/. The list of eligible backends is rebuilt when something changes, never per request.
import type { Share } from '../admit/share.ts';
import type { Balancer } from '../balance/contract.ts';
import type { KeySource } from '../balance/key-source.ts';
import type { Slot } from '../core/cells.ts';
import type { Failure } from '../core/failure.ts';
import { poolKey } from '../core/pool-name.ts';
import { type TenantCells, TenantNumbers } from '../core/tenant-cells.ts';
import type { Millis } from '../core/units.ts';
import type { AddressChange } from '../discovery/address-book.ts';
import type { BackendPlan, PoolPlan } from '../plan/pool-plan.ts';
import type { StandingOwner } from '../standing/contract.ts';
import { Affinity } from './affinity.ts';
import { Backend, type BackendTools } from './backend.ts';
import type { BackendOwner } from './backend-owner.ts';
import { isFreeForUs, isLeftToOthers } from './crowd.ts';
import { type NoneCode, type Unresolved, fullness, noneEligible } from './none-eligible.ts';
import { Notes, type NotesTools } from './notes.ts';
import { isWorthWaiting, lacksNames, mayRecover } from './prospects.ts';
import { Queue, type QueuedPool } from './queue.ts';
import { type CreateBalancer, Roster, type RosterTools } from './roster.ts';
import { untriedOf } from './selection.ts';
import type { SilenceWatch } from './silence-watch.ts';
import type { SlotTable } from './slot-table.ts';
import type { Waiter } from './waiting-line.ts';

/** What all pools of a process share. */
export type PoolTools = BackendTools &
  NotesTools &
  RosterTools & {
    /** Is told what requests show of backends, gives backends their slots, and says why one gets no requests. */
    readonly standing: StandingOwner<BackendPlan>;
    readonly silence: SilenceWatch;
    readonly slots: SlotTable;
    readonly tenants: TenantCells;
    /** Signs cookies where the configuration names no secret. */
    readonly affinitySecret: string;
  };

// Each time, another process was faster. Waiting in line is fairer than trying on.
const MOST_CLAIMS = 3;

/** A tenant's backends. A pool lives as long as the tenant has its name: a reload changes its options and members in
 * place, so that waiting requests stay in line, and the balancer keeps its turns and measurements. */
export class Pool implements BackendOwner<Backend>, QueuedPool {
  options: PoolPlan;
  affinity: Affinity | null;
  /** What all processes count of the tenant. */
  readonly numbers: TenantNumbers;
  /** Other processes have the same backends. */
  private readonly isShared: boolean;
  private readonly roster: Roster;
  private unresolved: readonly Unresolved[] = [];
  // Each is made when it is first needed.
  private madeNotes: Notes | null = null;
  private queue: Queue | null = null;

  constructor(
    options: PoolPlan,
    createBalancer: CreateBalancer,
    private readonly tools: PoolTools,
    /** Of its tenant. */
    readonly share: Share,
  ) {
    this.options = this.ownPartOf(options);
    this.numbers = new TenantNumbers(tools.tenants);
    this.isShared = tools.cells.isShared;
    this.roster = new Roster(createBalancer, this.numbers, tools);
    this.affinity = this.affinityOf(options);
  }

  /** Other options from here on; requests that wait stay in line. */
  reconfigure(options: PoolPlan, balancer: Balancer): void {
    this.options = this.ownPartOf(options);
    this.queue?.reconfigure(options);
    this.affinity = this.affinityOf(options);
    this.affinity?.update(this.roster.members);
    this.roster.change(balancer);
  }

  // Each process keeps its part of the idle connections.
  private ownPartOf(options: PoolPlan): PoolPlan {
    const { cells } = this.tools;
    const [maxIdle, warm] = [cells.shareOf(options.maxIdle), cells.shareOf(options.warm)];
    // The process that decides keeps all, and needs no plan of its own.
    return maxIdle === options.maxIdle && warm === options.warm ? options : { ...options, maxIdle, warm };
  }

  private affinityOf({ affinity }: PoolPlan): Affinity | null {
    return affinity === null ? null : new Affinity(affinity, this.tools.affinitySecret);
  }

  /** Makes a balancer for this pool. It is used from `reconfigure` on. */
  newBalancer(createBalancer: CreateBalancer): Balancer {
    return this.roster.newBalancer(createBalancer);
  }

  get notes(): Notes {
    this.madeNotes ??= new Notes(this, this.roster, this.tools);
    return this.madeNotes;
  }

  get balancer(): Balancer {
    return this.roster.balancer;
  }

  get backends(): readonly Backend[] {
    return this.roster.members;
  }

  get eligibleCount(): number {
    return this.roster.eligible.length;
  }

  /** How many requests wait for a backend, in all processes. */
  get waiting(): number {
    return this.numbers.waiting;
  }

  /** Says which backends it has from here on. Those that it has already stay; those that it has no more finish what they
   * have begun, within `leaveWithin` (null: without a limit). */
  open(plans: readonly BackendPlan[], unresolved: readonly Unresolved[], leaveWithin: Millis | null): void {
    this.numbers.enter(poolKey(this.options));
    // Before `standing.open`, which may give their slots to others.
    for (const backend of this.roster.othersThan(plans)) this.dismiss(backend);
    this.roster.prune();
    const { slowStart } = this.options;
    const slots = this.tools.standing.open(this.options, { slowStart, leaveWithin }, plans);
    // Plain loops: ten thousand pools are opened at the start, and what is made besides leaves holes between what stays.
    const members: Backend[] = [];
    for (let at = 0; at < plans.length; at++)
      members.push(this.tools.slots.keep(slots[at], plans[at], this) ?? this.enter(plans[at], slots[at]));
    this.roster.set(members);
    this.unresolved = unresolved;
    this.affinity?.update(members);
    let [inFlight, streams] = [0, 0];
    for (const { ownInFlight, ownStreams } of members) {
      inFlight += ownInFlight;
      streams += ownStreams;
    }
    this.numbers.set(inFlight, streams);
    this.refresh();
  }

  /** The tenant is gone, and with it all of its backends. */
  close(): void {
    this.queue?.close();
    this.numbers.leave();
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
    return this.roster.balancer.keySource;
  }

  /** Takes the next backend for one request; null: none is eligible. Those in `tried` are passed over while there is
   * another. */
  take(tried: readonly Backend[], keyHash: number): Backend | null {
    // Other processes may have freed places since.
    if (this.roster.isShort && this.isShared && this.backends.some(isFreeForUs)) this.refresh();
    return this.takeListed(tried, keyHash);
  }

  takeListed(tried: readonly Backend[], keyHash: number): Backend | null {
    for (let claims = 0; claims < MOST_CLAIMS; claims++) {
      const backend = tried.length === 0 ? this.roster.first(keyHash) : this.roster.other(tried, keyHash);
      if (backend === null || this.begin(backend)) return backend;
    }
    return null;
  }

  /** There is an eligible backend that a request has not tried. */
  hasUntried(tried: readonly Backend[]): boolean {
    return untriedOf(this.backends, tried) !== null;
  }

  /** Takes this very backend, if it is eligible, for a client that belongs there. */
  takeThis(backend: Backend): boolean {
    return this.isFree(backend) && this.begin(backend);
  }

  private isFree(backend: Backend): boolean {
    return backend.owner === this && !backend.hasLeft && backend.isEligible;
  }

  /** Says where a request would go now, without taking a place for it; null: nowhere, or it would wait. `wanted`: the
   * backend that its client belongs to. */
  peek(wanted: Backend | null, keyHash: number): Backend | null {
    if (wanted !== null && this.isFree(wanted)) return wanted;
    const next = this.roster.peek(keyHash);
    if (next !== null || this.isWorthWaiting) return next;
    return this.roster.lastResort(this.options.whenNoneEligible, []);
  }

  /** Takes a backend whose health is not known yet: to try it is better than an error. Null: there is none. */
  takeUnknown(): Backend | null {
    const backend = this.roster.unknown();
    return backend !== null && this.begin(backend) ? backend : null;
  }

  /** Takes a backend although none is eligible, where `when_none_eligible` wants that; null: none. */
  takeAnyway(tried: readonly Backend[]): Backend | null {
    let passed = tried;
    for (;;) {
      const backend = this.roster.lastResort(this.options.whenNoneEligible, passed);
      if (backend === null || this.begin(backend)) return backend;
      passed = [...passed, backend];
    }
  }

  /** Requests in flight at all backends, from all processes. */
  get inFlight(): number {
    return this.numbers.inFlight;
  }

  /** Half of the places at the eligible backends are taken. */
  get isCrowded(): boolean {
    return (this.numbers.inFlight - this.numbers.streams) * 2 >= this.roster.capacity;
  }

  /** No name has led to a backend yet: that is the reason why nobody can answer, not that all are busy. */
  get lacksNames(): boolean {
    return lacksNames(this.backends, this.unresolved);
  }

  /** True if waiting may help. */
  get isWorthWaiting(): boolean {
    return isWorthWaiting(this.backends, this.unresolved, this.tools.clock);
  }

  /** A backend that refuses connections now may take them again before long. */
  get mayRecover(): boolean {
    return mayRecover(this.backends, this.tools.clock);
  }

  /** Puts a request in line for the next backend that becomes eligible. False: the line is full. */
  wait(waiter: Waiter): boolean {
    this.queue ??= new Queue(this, this.tools.wheel);
    if (!this.queue.join(waiter)) return false;
    this.gather(this.queue);
    return true;
  }

  private gather(queue: Queue): void {
    if (this.isShared && queue.gather()) this.refresh();
  }

  private get hasLine(): boolean {
    return this.queue !== null && this.queue.size > 0;
  }

  /** False: other processes have taken all of its places. */
  private begin(backend: Backend): boolean {
    // The request is counted before it is connected: a backend that connects slowly must already look busy.
    const places = backend.claim();
    if (places === 0) {
      // Others may have had to step back because of this claim.
      isLeftToOthers(backend, false);
      this.roster.read();
      this.roster.inform();
      return false;
    }
    this.numbers.began();
    if (!backend.isWatched) this.tools.silence.watch(backend);
    if (places >= backend.maxRequests) this.refresh();
    return true;
  }

  // Tunnels and streams last for hours, and cost their backend little: they must not keep requests away.
  streamBegan(backend: Backend): boolean {
    if (!backend.becomesStream(this.options.maxStreams)) return false;
    if (backend.hasLeft) return true;
    this.numbers.streamBegan();
    this.freed(backend);
    return true;
  }

  streamEnded(backend: Backend, trial: number): void {
    backend.endedStream(trial);
    if (backend.hasLeft) return this.releaseOfOneThatLeft(backend);
    this.numbers.streamEnded();
    this.left(backend);
  }

  release(backend: Backend, trial: number): void {
    backend.ended(trial);
    if (backend.hasLeft) return this.releaseOfOneThatLeft(backend);
    this.left(backend);
  }

  private left(backend: Backend): void {
    this.numbers.ended();
    this.freed(backend);
    if (!backend.isServing && backend.inFlight === 0) this.tools.standing.emptied(backend.slot);
  }

  private releaseOfOneThatLeft(backend: Backend): void {
    if (backend.ownInFlight > 0) return;
    this.tools.slots.leave(backend);
    this.tools.standing.emptied(backend.slot);
  }

  // Where all backends are full, every answer frees one place, and the first request in line gets it. The list of
  // eligible backends stays as it is, so it need not be rebuilt.
  private freed(backend: Backend): void {
    if (this.isShared && isLeftToOthers(backend, this.hasLine)) return;
    if (!backend.isLeftOut || !backend.hasRoom) return;
    const isOnly = this.roster.eligible.length === 0 && !this.roster.hasTiers && backend.isEligible;
    if (!isOnly || !this.passOn(backend)) this.refresh();
  }

  // Gives a place to the first in line. True: there was one, and the backend is full again.
  private passOn(backend: Backend): boolean {
    const { queue } = this;
    const waiter = queue === null ? null : queue.callFirst();
    if (queue === null || waiter === null) return false;
    const places = backend.claim();
    if (places === 0) {
      queue.comeBack(waiter);
      return false;
    }
    queue.served(waiter);
    this.numbers.began();
    waiter.admitted(backend);
    return places >= backend.maxRequests;
  }

  servesNow(backend: Backend): void {
    if (backend.isHealthy) this.warmUp(backend);
  }

  woken(backend: Backend): void {
    if (this.hasLine) this.refresh();
    else this.queue?.disperse();
    if (!this.hasLine) isLeftToOthers(backend, false);
  }

  standingChanged(): void {
    this.refresh();
  }

  /** Rebuilds the list of eligible backends and serves those who wait. */
  refresh(): void {
    const well = this.roster.read();
    if (this.roster.eligible.length > 0 || !this.liftsTrial()) this.serve();
    for (const backend of well) this.warmUp(backend);
  }

  // Opens some connections ahead for a backend that begins to get requests.
  private warmUp(backend: Backend): void {
    if (this.tools.cells.isReader || this.options.warm === 0) return; // another process serves, or none are wanted
    backend.transport.warm(Math.min(this.options.warm, backend.maxRequests), this.options);
  }

  // Ends the trials of all backends. True: there was one, and its end has refreshed the list already.
  private liftsTrial(): boolean {
    const onTrial = this.backends.filter((member) => member.isOnTrial);
    for (const { slot } of onTrial) this.tools.standing.liftTrial(slot);
    return onTrial.length > 0;
  }

  private serve(): void {
    this.roster.inform();
    const { queue } = this;
    if (queue === null) return;
    queue.serve();
    if (queue.size > 0 && this.roster.eligible.length === 0 && !this.isWorthWaiting) queue.dismiss();
    if (!this.isShared) return;
    if (queue.size > 0) this.gather(queue);
    else queue.disperse();
  }

  get hasPlaces(): boolean {
    return this.roster.eligible.length > 0;
  }

  /** The one reason why a backend gets no requests, in one line; null: it does. */
  reason(backend: Backend): string | null {
    return this.tools.standing.reason(backend.slot) ?? fullness(backend);
  }

  /** The addresses of a host have changed. */
  moved(host: string, { hasNew, hasLost }: AddressChange): void {
    for (const { options, transport, slot } of this.backends) {
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
    const backends = this.backends.map((backend) => () => `${backend.name} ${this.reason(backend) ?? 'is eligible'}`);
    const names = this.unresolved.flatMap((name) => name.describe() ?? []).map((text) => () => text);
    return noneEligible(code, this.options, [...backends, ...names]);
  }
}
