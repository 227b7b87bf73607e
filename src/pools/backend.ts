// One address in a pool, as this process knows it: the connections to it, its counters, and its standing, which the
// owner of standing (standing/) writes into the cells.
import type { BackendCells } from '../core/backend-cells.ts';
import { type Slot, standingFields, trafficFields } from '../core/cells.ts';
import { type ConnectAddress, tlsOptions } from '../core/connector.ts';
import { combine, hashText } from '../core/hash.ts';
import type { Payer } from '../core/read-turns.ts';
import type { Millis } from '../core/units.ts';
import type { OriginFacts } from '../message/contract.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import {
  type StandingReason,
  elapsedSinceLost,
  isHealthyBy,
  isLostBy,
  isOnTrialBy,
  isServingBy,
  isUnwantedBy,
  reasonIn,
  weightFromCell,
} from '../standing/word.ts';
import type { Transport, TransportTarget, TransportTools } from '../upstream/contract.ts';
import { createTransport } from '../upstream/registry.ts';
import type { BackendOwner } from './backend-owner.ts';
import type { Hearing } from './hearing.ts';
import { originFacts } from './origin-facts.ts';
import { ServedClients } from './served-clients.ts';
import { Traffic } from './traffic.ts';
import { Trial } from './trial.ts';

/** Why a backend may receive no request now: its standing, or that it has as many as it serves at a time. */
export type Obstacle = StandingReason | 'full';

export type BackendTools = { readonly cells: BackendCells; readonly transport: TransportTools };

let nextId = 0;

/** One address in a pool. */
export class Backend implements TransportTarget {
  readonly id = nextId++;
  /** The same in every process and after a restart, so that a key finds its backend again. */
  readonly identityHash: number;
  readonly traffic: Traffic;
  // Each is made when it is first needed: the process that decides serves nobody, and of ten thousand tenants most are asleep.
  private madeOrigin: OriginFacts | null = null;
  private madeAddress: ConnectAddress | null = null;
  private madeTransport: Transport | null = null;
  private madeServedClients: ServedClients | null = null;
  /** The pool has it no more; it only finishes the requests that it has. */
  hasLeft = false;
  /** SilenceWatch knows of it: either it looks at this backend, or has found that it has no check that could decide. */
  isWatched = false;
  /** What SilenceWatch remembers of it; null: it has had no request since it has a check. */
  hearing: Hearing | null = null;
  /** The weight for balancers: the configured one or an operator's, changed by the backend's advice and by a slow
   * start. */
  weight = 0;
  /** When its pool looked at it last, it was serving, and all of its places were taken. */
  isLeftOut = false;
  /** It is known to other processes that requests wait here for a place at it. */
  private isAwaited = false;
  private madeTrial: Trial | null = null;
  private word = 0;
  private readonly cells: BackendCells;

  constructor(
    public options: BackendPlan,
    readonly slot: Slot,
    public owner: BackendOwner<Backend>,
    private readonly tools: BackendTools,
  ) {
    this.cells = tools.cells;
    this.traffic = new Traffic(tools.cells, slot);
    this.identityHash = combine(hashText(options.name), hashText(options.url.safe));
  }

  /** A reload has kept this backend; its options may be others. */
  reconfigure(options: BackendPlan): void {
    // The next request hands it to SilenceWatch again, which looks at it now that it has a check.
    if (options.check !== null && this.options.check === null) this.isWatched = false;
    this.options = options;
    this.madeOrigin = null;
    this.madeAddress = null;
  }

  get origin(): OriginFacts {
    this.madeOrigin ??= originFacts(this.options);
    return this.madeOrigin;
  }

  /** The connections to it. */
  get transport(): Transport {
    return this.madeTransport ?? this.makeTransport();
  }

  /** Null: it has had no connections. */
  get usedTransport(): Transport | null {
    return this.madeTransport;
  }

  private makeTransport(): Transport {
    this.madeTransport = createTransport(this.options.transport, this, this.tools.transport);
    if (this.hasLeft) this.madeTransport.closeIdle();
    return this.madeTransport;
  }

  get servedClients(): ServedClients {
    this.madeServedClients ??= new ServedClients();
    return this.madeServedClients;
  }

  get payer(): Payer {
    return this.owner.share;
  }

  get name(): string {
    return this.options.name;
  }

  /** Reads from the cells how it stands. True: it has been found to be well, and was not before. */
  read(): boolean {
    const before = this.word;
    const { standing } = this.cells;
    this.word = standing.get(this.slot, standingFields.word);
    this.weight = weightFromCell(standing.get(this.slot, standingFields.weight));
    if (!this.isOnTrial) this.madeTrial?.end();
    this.isLeftOut = this.isServing && !this.hasRoom;
    return this.isHealthy && !isHealthyBy(before);
  }

  /** Its standing keeps no requests away; it may be full. */
  get isServing(): boolean {
    return isServingBy(this.word);
  }

  /** When its pool looked at it last, it could receive requests. */
  get isListed(): boolean {
    return isServingBy(this.word) && !this.isLeftOut;
  }

  /** It may receive a request now. */
  get isEligible(): boolean {
    return isServingBy(this.word) && this.hasRoom;
  }

  /** Null: it may receive a request now. */
  get obstacle(): Obstacle | null {
    return reasonIn(this.word) ?? (this.hasRoom ? null : 'full');
  }

  /** It is back from an ejection, and one request is to tell whether for good. */
  get isOnTrial(): boolean {
    return isOnTrialBy(this.word);
  }

  /** Its check has found it well. */
  get isHealthy(): boolean {
    return isHealthyBy(this.word);
  }

  /** It has no check, and what was last asked of it has failed: it gets requests, since nothing else could tell when it is
   * well again. */
  get isFailing(): boolean {
    if (this.options.check !== null) return false;
    const { traffic } = this.cells;
    return traffic.latest(this.slot, trafficFields.failedAt) > traffic.latest(this.slot, trafficFields.heardAt);
  }

  /** No check looks at it, and no request has been answered. */
  get isUntried(): boolean {
    return this.options.check === null && this.cells.traffic.latest(this.slot, trafficFields.heardAt) === 0;
  }

  /** A person has set its weight to 0. */
  get isUnwanted(): boolean {
    return isUnwantedBy(this.word);
  }

  /** How long ago it was lost; null: it was not, or is back. */
  lostFor(now: Millis): Millis | null {
    return isLostBy(this.word) ? elapsedSinceLost(this.cells.standing, this.slot, now) : null;
  }

  /** An attempt has failed. `time`: in ticks that all processes share. */
  hasFailed(time: number): void {
    this.cells.traffic.set(this.slot, trafficFields.failedAt, time);
  }

  /** A request would get a place. */
  get hasRoom(): boolean {
    return this.places < this.options.maxRequests && !(this.needsTrial && this.isBeingTried);
  }

  /** How many requests the list of the pool may count on: one that is on trial gets one. */
  get maxRequests(): number {
    return this.isOnTrial ? 1 : this.options.maxRequests;
  }

  /** Requests being served now, by all processes. */
  get inFlight(): number {
    return this.cells.inFlight(this.slot);
  }

  /** Those that this process will see the end of. */
  get ownInFlight(): number {
    return this.cells.ownInFlight(this.slot);
  }

  /** How many of its places are taken in the whole gateway: every request holds one, but for streams. */
  get places(): number {
    return this.cells.places.sum(this.slot);
  }

  /** Takes a place for a request, unless all are taken. Returns how many are taken then; 0: there was none. */
  claim(): number {
    const { cells, slot, options } = this;
    const own = cells.places.add(slot, 1);
    // The place is taken before the others are counted: of two processes that take the last one, at least one sees that.
    const taken = cells.isShared ? cells.places.sum(slot) : own;
    if (taken <= options.maxRequests && (!this.needsTrial || this.beginTrial())) return taken;
    cells.places.add(slot, -1);
    return 0;
  }

  /** A request is over. */
  ended(trial: number): void {
    this.cells.places.add(this.slot, -1);
    this.madeTrial?.leave(trial);
  }

  /** A request gives up its place, and goes on. False: too many have. */
  becomesStream(most: number): boolean {
    const { places, streams } = this.cells;
    const own = streams.add(this.slot, 1);
    if ((this.cells.isShared ? this.streams : own) > most) {
      streams.add(this.slot, -1);
      return false;
    }
    places.add(this.slot, -1);
    return true;
  }

  /** Such a request is over. */
  endedStream(trial: number): void {
    this.cells.streams.add(this.slot, -1);
    this.madeTrial?.leave(trial);
  }

  // One that is out for another reason as well gets requests only as a last resort.
  private get needsTrial(): boolean {
    return this.isOnTrial && this.isServing;
  }

  private get isBeingTried(): boolean {
    return this.cells.standing.get(this.slot, standingFields.trial) !== 0;
  }

  private beginTrial(): boolean {
    const { cells, slot, tools } = this;
    this.madeTrial ??= new Trial(cells, slot, tools.transport.wheel, () => {
      if (!this.hasLeft) this.owner.standingChanged();
    });
    return this.madeTrial.begin();
  }

  takeTrial(): number {
    return this.madeTrial === null ? 0 : this.madeTrial.take();
  }

  /** What a request has met is bad, and the owner of standing has been told. */
  doubted(): void {
    if (this.isOnTrial) this.madeTrial?.doubt();
  }

  /** Lets other processes know that requests wait here for one of its places. False: they know. */
  await(): boolean {
    if (this.isAwaited) return false;
    this.isAwaited = true;
    this.cells.standing.raise(this.slot, standingFields.waiters, 1 << this.cells.place);
    return true;
  }

  /** None waits any more. */
  awaitNoMore(): void {
    if (!this.isAwaited) return;
    this.isAwaited = false;
    this.cells.standing.lower(this.slot, standingFields.waiters, 1 << this.cells.place);
  }

  /** The other processes in which requests wait for one of its places, as bits. */
  get waitersElsewhere(): number {
    const { standing, place } = this.cells;
    return standing.get(this.slot, standingFields.waiters) & ~(1 << place);
  }

  /** Where several come at the same time, one of them goes first. */
  comesBefore(others: number): boolean {
    return 31 - Math.clz32(others & -others) > this.cells.place;
  }

  /** With one more, this process has more than its part of the places, among those that want some. `others`: see `waitersElsewhere`. */
  hasMoreThanItsPart(others: number): boolean {
    let wanting = 1;
    for (let bits = others; bits !== 0; bits &= bits - 1) wanting++;
    return (this.cells.places.own(this.slot) + 1) * wanting > this.options.maxRequests;
  }

  /** Tells one of those processes that there is a place, each in its turn. */
  wakeOne(others: number): void {
    const { cells, slot } = this;
    const later = others & (-2 << this.lastWoken);
    const bits = later === 0 ? others : later;
    this.lastWoken = 31 - Math.clz32(bits & -bits);
    cells.wake(this.lastWoken, slot);
  }

  private lastWoken = 0;

  /** Of the requests being served, those that hold no place. */
  get streams(): number {
    return this.cells.streams.sum(this.slot);
  }

  /** Of the requests being served, connections that have changed their protocol. */
  get tunnels(): number {
    return this.cells.traffic.sum(this.slot, trafficFields.tunnels);
  }

  /** Connections to it that no request uses. */
  get idle(): number {
    return this.traffic.connections('idle', this.usedTransport);
  }

  /** Those that are open or being opened. */
  get open(): number {
    return this.traffic.connections('open', this.usedTransport);
  }

  /** Lets other processes see how many this one has; to be called now and then. */
  publishConnections(): void {
    this.traffic.publish(this.usedTransport);
  }

  get ownStreams(): number {
    return this.cells.streams.own(this.slot);
  }

  get ownTunnels(): number {
    return this.cells.traffic.own(this.slot, trafficFields.tunnels);
  }

  tunnelBegan(): void {
    this.cells.traffic.add(this.slot, trafficFields.tunnels, 1);
  }

  tunnelEnded(): void {
    this.cells.traffic.add(this.slot, trafficFields.tunnels, -1);
  }

  get connections(): number {
    return this.cells.traffic.sum(this.slot, trafficFields.connections);
  }

  connectionBegan(): void {
    this.cells.traffic.add(this.slot, trafficFields.connections, 1);
  }

  connectionEnded(): void {
    this.cells.traffic.add(this.slot, trafficFields.connections, -1);
  }

  streamBegan(): boolean {
    return this.owner.streamBegan(this);
  }

  streamEnded(trial: number): void {
    this.owner.streamEnded(this, trial);
  }

  get address(): ConnectAddress {
    this.madeAddress ??= addressOf(this.options);
    return this.madeAddress;
  }

  released(trial: number): void {
    this.owner.release(this, trial);
  }

  /** It is in no pool any more. */
  leave(): void {
    this.hasLeft = true;
    this.traffic.isOver = true;
    this.usedTransport?.closeIdle();
  }

  /** It is in a pool again, before its last request has ended. */
  comeBack(owner: BackendOwner<Backend>): void {
    this.owner = owner;
    this.hasLeft = false;
    this.traffic.isOver = false;
    this.usedTransport?.keepAgain();
  }
}

function addressOf({ trust, url }: BackendPlan): ConnectAddress {
  const { hostname, port, tls, serverName } = url;
  return { hostname, port, tls: tls ? tlsOptions(trust, serverName) : null };
}
