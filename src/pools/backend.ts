// One address in a pool, as this process knows it: the connections to it, its counters, and its standing, which the
// owner of standing (standing/) writes into the cells.
import type { BackendCells } from '../core/backend-cells.ts';
import { type Cells, type Slot, standingFields, trafficFields } from '../core/cells.ts';
import { type ConnectAddress, tlsOptions } from '../core/connector.ts';
import type { Failure } from '../core/failure.ts';
import { combine, hashText } from '../core/hash.ts';
import { type TrafficCounters, UNMEASURED } from '../core/observer.ts';
import type { Millis } from '../core/units.ts';
import { EMPTY, ascii } from '../message/bytes.ts';
import type { OriginFacts } from '../message/contract.ts';
import type { BackendPlan } from '../plan/plan.ts';
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
import type { Hearing } from './hearing.ts';
import { ServedClients } from './served-clients.ts';

/** Why a backend may receive no request now: its standing, or that it has as many as it serves at a time. */
export type Obstacle = StandingReason | 'full';

/** The pool that a backend is in, as the backend sees it. */
export interface BackendOwner {
  /** An attempt that began at `began` has failed. */
  noteFailure(backend: Backend, why: Failure, client: string, began: Millis): void;
  /** A backend has begun to answer; `latency` 0: it was not measured. True: well, as far as can be seen. */
  noteAnswer(backend: Backend, status: number, latency: Millis, client: string): boolean;
  /** Such an answer has come to its end. */
  noteWhole(backend: Backend, client: string): void;
  /** The standing of one of its backends has changed. */
  standingChanged(): void;
  /** All of its backends. */
  readonly backends: readonly Backend[];
  /** A request at the backend has become a stream. True: it holds no place from here on. */
  streamBegan(backend: Backend): boolean;
  streamEnded(backend: Backend): void;
  /** A request has left the backend. */
  release(backend: Backend): void;
}

export type BackendTools = { readonly cells: BackendCells; readonly transport: TransportTools };

/** The counters of one backend. One that has left its pool counts no more, because its slot may be another backend's. */
class Traffic implements TrafficCounters {
  latency = UNMEASURED;
  isOver = false;

  constructor(
    private readonly cells: Cells<'traffic'>,
    private readonly slot: Slot,
  ) {}

  get requests(): number {
    return this.cells.get(this.slot, trafficFields.requests) >>> 0;
  }

  set requests(count: number) {
    if (!this.isOver) this.cells.set(this.slot, trafficFields.requests, count);
  }

  get failures(): number {
    return this.cells.get(this.slot, trafficFields.failures) >>> 0;
  }

  set failures(count: number) {
    if (!this.isOver) this.cells.set(this.slot, trafficFields.failures, count);
  }
}

let nextId = 0;

/** One address in a pool. */
export class Backend implements TransportTarget {
  readonly id = nextId++;
  /** The same in every process and after a restart, so that a key finds its backend again. */
  readonly identityHash: number;
  origin: OriginFacts;
  readonly traffic: Traffic;
  /** The connections to it. */
  readonly transport: Transport;
  readonly servedClients = new ServedClients();
  /** The pool has it no more; it only finishes the requests that it has. */
  hasLeft = false;
  /** SilenceWatch knows of it: either it looks at this backend, or has found that it has no check that could decide. */
  isWatched = false;
  /** What SilenceWatch remembers of it; null: it has had no request since it has a check. */
  hearing: Hearing | null = null;
  /** The weight for balancers: the configured one or an operator's, changed by the backend's advice and by a slow
   * start. */
  weight = 0;
  /** How many requests from before its trial it may still have. */
  private beforeTrial = 0;
  /** When an attempt has failed last, in ticks. */
  failedAt = 0;
  private word = 0;
  private readonly cells: BackendCells;

  constructor(
    public options: BackendPlan,
    readonly slot: Slot,
    public owner: BackendOwner,
    tools: BackendTools,
  ) {
    this.cells = tools.cells;
    this.transport = createTransport(options.transport, this, tools.transport);
    this.traffic = new Traffic(tools.cells.traffic, slot);
    this.origin = originFacts(options);
    this.identityHash = combine(hashText(options.name), hashText(options.url.safe));
  }

  /** A reload has kept this backend; its options may be others. */
  reconfigure(options: BackendPlan): void {
    // The next request hands it to SilenceWatch again, which looks at it now that it has a check.
    if (options.check !== null && this.options.check === null) this.isWatched = false;
    this.options = options;
    this.origin = originFacts(options);
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
    if (!this.isOnTrial) this.beforeTrial = 0;
    else if (!isOnTrialBy(before)) this.beforeTrial = this.places;
    return this.isHealthy && !isHealthyBy(before);
  }

  /** Its standing keeps no requests away; it may be full. */
  get isServing(): boolean {
    return isServingBy(this.word);
  }

  /** It may receive a request now. */
  get isEligible(): boolean {
    return isServingBy(this.word) && this.places < this.maxRequests;
  }

  /** Null: it may receive a request now. */
  get obstacle(): Obstacle | null {
    return reasonIn(this.word) ?? (this.places < this.maxRequests ? null : 'full');
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
    return this.failedAt > this.transport.heardAt;
  }

  /** No check looks at it, and no request has been answered. */
  get isUntried(): boolean {
    return this.options.check === null && this.transport.heardAt === 0;
  }

  /** A person has set its weight to 0. */
  get isUnwanted(): boolean {
    return isUnwantedBy(this.word);
  }

  /** How long ago it was lost; null: it was not, or is back. */
  lostFor(now: Millis): Millis | null {
    return isLostBy(this.word) ? elapsedSinceLost(this.cells.standing, this.slot, now) : null;
  }

  /** The most places that it has; on trial, one beside those that were taken before. */
  get maxRequests(): number {
    const { maxRequests } = this.options;
    return this.isOnTrial ? Math.min(maxRequests, this.beforeTrial + 1) : maxRequests;
  }

  /** Requests being served now. */
  get inFlight(): number {
    return this.cells.traffic.get(this.slot, trafficFields.inFlight);
  }

  /** How many of its places are taken: every request holds one, but for streams. */
  get places(): number {
    return this.inFlight - this.streams;
  }

  /** One more request is being served. Returns how many places are taken. */
  begun(): number {
    return this.cells.traffic.add(this.slot, trafficFields.inFlight, 1) - this.streams;
  }

  /** A request is over. Returns how many places are taken. */
  ended(): number {
    return this.left(this.cells.traffic.add(this.slot, trafficFields.inFlight, -1) - this.streams);
  }

  /** A request gives up its place, and goes on. Returns how many places are taken. */
  madeStream(): number {
    this.cells.traffic.add(this.slot, trafficFields.streams, 1);
    return this.left(this.places);
  }

  /** Such a request is about to end. */
  endedStream(): void {
    this.cells.traffic.add(this.slot, trafficFields.streams, -1);
  }

  private left(places: number): number {
    if (places < this.beforeTrial) this.beforeTrial = places;
    return places;
  }

  /** Of the requests being served, those that hold no place. */
  get streams(): number {
    return this.cells.traffic.get(this.slot, trafficFields.streams);
  }

  /** Of the requests being served, connections that have changed their protocol. */
  get tunnels(): number {
    return this.cells.traffic.get(this.slot, trafficFields.tunnels);
  }

  tunnelBegan(): void {
    this.cells.traffic.add(this.slot, trafficFields.tunnels, 1);
  }

  tunnelEnded(): void {
    this.cells.traffic.add(this.slot, trafficFields.tunnels, -1);
  }

  streamBegan(): boolean {
    return this.owner.streamBegan(this);
  }

  streamEnded(): void {
    this.owner.streamEnded(this);
  }

  get address(): ConnectAddress {
    const { trust, url } = this.options;
    const { hostname, port, tls, serverName } = url;
    return { hostname, port, tls: tls ? tlsOptions(trust, serverName) : null };
  }

  released(): void {
    this.owner.release(this);
  }

  /** It is in no pool any more. */
  leave(): void {
    this.hasLeft = true;
    this.traffic.isOver = true;
    this.transport.closeIdle();
  }

  /** It is in a pool again, before its last request has ended. */
  comeBack(owner: BackendOwner): void {
    this.owner = owner;
    this.hasLeft = false;
    this.traffic.isOver = false;
    this.transport.keepAgain();
  }
}

function originFacts(options: BackendPlan): OriginFacts {
  const { url, passHost } = options;
  return {
    authority: ascii(url.authority),
    ownHost: !passHost,
    basePath: ascii(url.base_path),
    query: ascii(url.query),
    authorization: url.authorization === null ? EMPTY : ascii(url.authorization),
    isPlain: passHost && url.base_path === '' && url.query === '' && url.authorization === null,
  };
}
