// A tenant's backends with their balancer. The list of eligible backends is rebuilt when something changes, never per
// request.
import type { Balancer, BalancerTools } from '../balance/contract.ts';
import type { KeySource } from '../balance/key-source.ts';
import { type Failure, failure } from '../core/failure.ts';
import type { Millis } from '../core/units.ts';
import { OPEN } from '../standing/eligibility.ts';
import type { ProbeOutcome } from '../probing/scheduler.ts';
import type { TransportTools } from '../upstream/contract.ts';
import { Affinity } from './affinity.ts';
import type { Backend, BackendOwner } from './backend.ts';
import type { OperatorCommand } from '../standing/operator-states.ts';
import { PoolHealth, type PoolSurroundings, type PoolView } from './pool-health.ts';
import type { PoolOptions } from './pool-options.ts';
import { eligibleOf, lastResortOf, untriedOf } from './selection.ts';
import { WaitingLine, type Waiter } from './waiting-line.ts';

/** What a pool needs, its health included. */
export type PoolMaking = PoolSurroundings &
  Pick<BalancerTools, 'random'> & {
    /** For the ways to its backends. */
    readonly transport: TransportTools;
  };

/** A name that should lead to backends, and does not yet. */
export type Unresolved = { isPending(): boolean; describe(): string };

/** Makes a balancer with what it may use of its pool. */
export type CreateBalancer = (tools: BalancerTools) => Balancer;

/** A tenant's backends. It lives as long as the tenant has its name: a reload changes its options and members in place,
 * so that requests that wait, turns and measures go on. */
export class Pool implements BackendOwner, PoolView {
  readonly health: PoolHealth;
  affinity: Affinity | null;
  /** Somebody wants to know how long each answer took. */
  observesLatency = false;
  /** Requests in flight in the whole pool, for balancers that bound their load. */
  private readonly load = { inFlight: 0 };
  /** Goes on from one plan to the next, with its turns and measures, unless another one is wanted. */
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
    public options: PoolOptions,
    createBalancer: CreateBalancer,
    private readonly around: PoolMaking,
  ) {
    this.balancer = this.newBalancer(createBalancer);
    this.line = new WaitingLine(options.maxQueue, options.queueTimeout, around.wheel);
    this.affinity = affinityOf(options);
    this.health = new PoolHealth(this, around);
  }

  /** Other options from here on; requests that wait stay in line. */
  reconfigure(options: PoolOptions, balancer: Balancer): void {
    this.options = options;
    this.line.reconfigure(options.maxQueue, options.queueTimeout);
    this.affinity = affinityOf(options);
    this.affinity?.update(this.members);
    if (balancer === this.balancer) return;
    this.balancer = balancer;
    balancer.update(this.eligible);
  }

  /** A balancer for this pool, which is not at work before `reconfigure`. */
  newBalancer(createBalancer: CreateBalancer): Balancer {
    const { random, clock } = this.around;
    return createBalancer({ random, now: clock.now, load: this.load });
  }

  get tenant(): string {
    return this.options.tenant;
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

  /** Sets the members and begins to probe them; those that are none any more take leave. */
  open(members: readonly Backend[], unresolved: readonly Unresolved[]): void {
    const kept = new Set(members);
    for (const backend of this.members) if (!kept.has(backend)) this.around.dismiss(backend);
    this.members = members;
    this.known = this.known.filter((backend) => kept.has(backend));
    this.unresolved = unresolved;
    this.affinity?.update(members);
    this.hasTiers = members.some(({ options }) => options.tier !== members[0].options.tier);
    this.observesLatency = this.balancer.observe !== undefined || members.some((backend) => backend.hasLatencyLimit);
    this.load.inFlight = members.reduce((sum, backend) => sum + backend.inFlight, 0);
    for (const backend of members) {
      backend.owner = this;
      this.health.adopt(backend);
      if (backend.options.check === null) this.around.scheduler.remove(backend);
      else this.around.scheduler.add(backend);
    }
    this.refresh();
  }

  /** For the ways to its backends. */
  get tools(): TransportTools {
    return this.around.transport;
  }

  /** Which part of a request the balancer's key is; null: it needs none. */
  get keySource(): KeySource | null {
    return this.balancer.keySource;
  }

  /** The next backend, in flight from now on; null: none is eligible. `tried`: passed over while there is another. */
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

  /** This very backend, if it is eligible: for a client that belongs there. */
  takeThis(backend: Backend): boolean {
    const isFree = this.isFree(backend);
    if (isFree) this.begin(backend);
    return isFree;
  }

  private isFree(backend: Backend): boolean {
    return backend.owner === this && backend.ineligibility() === null;
  }

  /** Where a request would go now, and nothing is taken for it; null: nowhere, or it would wait. `wanted`: the backend
   * that its client belongs to. */
  peek(wanted: Backend | null, keyHash: number): Backend | null {
    if (wanted !== null && this.isFree(wanted)) return wanted;
    if (this.eligible.length > 0) return this.eligible[this.balancer.peek(keyHash)];
    return this.isWorthWaiting ? null : lastResortOf(this.options.whenNoneEligible, this.members, this.known, []);
  }

  /** A backend whose health is not known yet: better than an error for not knowing. Null: there is none. */
  takeUnknown(): Backend | null {
    const unknown = this.members.filter((backend) => backend.ineligibility()?.reason === 'unknown');
    if (unknown.length === 0) return null;
    const backend = unknown[this.nextUnknown++ % unknown.length];
    this.begin(backend);
    return backend;
  }

  /** A backend although none is eligible, where the configuration wants that; null: none. */
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
    return this.inFlight * 2 >= this.capacity;
  }

  /** True if waiting may help: a verdict is still out, or all are only busy, or one was lost just now and may be about
   * to return, as in a restart. */
  get isWorthWaiting(): boolean {
    if (this.unresolved.some((name) => name.isPending())) return true;
    return this.members.some((backend) => {
      const reason = backend.ineligibility()?.reason;
      return reason === 'unknown' || reason === 'full' || (reason === 'unhealthy' && this.health.isJustLost(backend));
    });
  }

  /** A backend that refuses connections now may take them again before long: probes have found it well lately. */
  get mayRecover(): boolean {
    return this.members.some((backend) => backend.health?.health === 'healthy' || this.health.isJustLost(backend));
  }

  /** Puts a request in line for the next backend that becomes eligible. False: the line is full. */
  wait(waiter: Waiter): boolean {
    return this.line.join(waiter);
  }

  private begin(backend: Backend): void {
    // Counted before connecting: a slow connect must already look busy.
    backend.inFlight++;
    this.load.inFlight++;
    if (backend.inFlight >= backend.maxRequests) this.refresh();
  }

  /** A backend begins to get requests: some of its connections are opened ahead. */
  warmUp(backend: Backend): void {
    backend.transport.warm(Math.min(this.options.warm, backend.maxRequests), this.options);
  }

  release(backend: Backend): void {
    backend.inFlight--;
    this.load.inFlight--;
    if (backend.inFlight < backend.beforeTrial) backend.beforeTrial = backend.inFlight;
    if (backend.inFlight === backend.maxRequests - 1) this.freed(backend);
    if (backend.inFlight === 0 && backend.admission !== OPEN) this.health.emptied(backend);
  }

  // Where all are busy every answer makes one place, which belongs to the first in line: no list changes.
  private freed(backend: Backend): void {
    const isOnly = this.eligible.length === 0 && !this.hasTiers && backend.ineligibility() === null;
    const waiter = isOnly ? this.line.next() : null;
    if (waiter === null) return this.refresh();
    backend.inFlight++;
    this.load.inFlight++;
    waiter.admitted(backend);
  }

  probed(backend: Backend, outcome: ProbeOutcome): void {
    this.health.probed(backend, outcome);
  }

  noteFailure(backend: Backend, why: Failure): void {
    // As long as it would have had: a fast failure must not look like a fast backend.
    this.balancer.observe?.(backend.id, this.options.firstByteTimeout);
    this.health.noteFailure(backend, why);
  }

  noteAnswer(backend: Backend, status: number, latency: Millis): boolean {
    if (latency > 0) this.balancer.observe?.(backend.id, latency);
    return this.health.noteAnswer(backend, status, latency);
  }

  noteWhole(backend: Backend): void {
    this.health.noteWhole(backend);
  }

  readmit(backend: Backend): void {
    this.health.endEjection(backend);
  }

  /** Puts what a person has decided in force. */
  command(backend: Backend, command: OperatorCommand): void {
    this.health.command(backend, command);
  }

  /** Rebuilds the list of eligible backends and serves those who wait. */
  refresh(): void {
    for (const member of this.members) member.weight = this.health.weightOf(member);
    this.eligible = eligibleOf(this.members);
    if (this.eligible.length === 0 && this.health.liftTrials()) this.eligible = eligibleOf(this.members);
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

  /** Why no backend can take a request: each with its one reason. */
  explainNone(): Failure {
    const { tenant } = this;
    const reasons = [
      ...this.members.map((backend) => `${backend.name} ${this.health.reason(backend) ?? 'is eligible'}`),
      ...this.unresolved.map((name) => name.describe()),
    ];
    if (reasons.length === 0) return failure('none-eligible', `Tenant ${tenant} has no backends.`);
    const shown =
      reasons.slice(0, SHOWN).join('; ') + (reasons.length > SHOWN ? `; and ${reasons.length - SHOWN} more` : '');
    return failure('none-eligible', `No backend of tenant ${tenant} can take the request: ${shown}.`);
  }
}

function affinityOf({ affinity }: PoolOptions): Affinity | null {
  return affinity === null ? null : new Affinity(affinity);
}

// Enough to see what is wrong; a page of a thousand backends helps nobody.
const SHOWN = 5;
