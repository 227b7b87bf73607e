// The attempt loop: which backend a request goes to, and whether another one is asked after a failure.
import { type Failure, failure } from '../core/failure.ts';
import { millis } from '../core/units.ts';
import type { Downstream, Upstream } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import type { Pool } from '../pools/pool.ts';
import type { Tenant } from './snapshot.ts';
import { ExchangeState } from './exchange-state.ts';
import { Hedge, type HedgeOwner } from './hedge.ts';
import type { RetryDecision } from './retry-decision.ts';
import type { ExchangeHome, ExchangeSurroundings } from './surroundings.ts';

// A request that is still being sent has not begun to wait.
const UPLOAD_CHECK = millis(1000);

/** The backends' side of an exchange. */
export abstract class Attempts extends ExchangeState implements HedgeOwner {
  protected downstream: Downstream | null = null;
  protected upstream: Upstream | null = null;
  private hedge: Hedge | null = null;

  constructor(
    around: ExchangeSurroundings,
    protected readonly home: ExchangeHome<Attempts>,
  ) {
    super(around);
  }

  get idPrefix(): Uint8Array {
    return this.around.ids.linePrefix;
  }

  abstract interimHead(head: Head): void;
  abstract responseHead(head: Head, bodyStart: number, bodyEnd: number): void;
  abstract responseBody(bytes: Uint8Array, start: number, end: number): void;
  abstract responseEnd(): void;
  abstract upgraded(head: Head, start: number, end: number): void;
  /** The exchange ends with an answer of our own, or is broken off. */
  protected abstract giveUp(why: Failure): void;

  protected attempt(tenant: Tenant): void {
    const pool = tenant.pool;
    if (this.wanted !== null && this.attempts === 0 && pool.takeThis(this.wanted)) {
      return this.connect(tenant, this.wanted);
    }
    const backend = pool.take(this.tried, this.keyHash);
    if (backend !== null) return this.connect(tenant, backend);
    if (pool.isWorthWaiting) {
      this.restRequest();
      if (!pool.wait(this)) this.giveUp(failure('queue-full'));
      return;
    }
    this.attemptAnyway(tenant, pool);
  }

  private attemptAnyway(tenant: Tenant, pool: Pool): void {
    const backend = pool.takeAnyway(this.tried);
    if (backend === null) this.giveUp(pool.explainNone());
    else this.connect(tenant, backend);
  }

  admitted(backend: Backend): void {
    if (this.destination !== null) this.connect(this.destination, backend);
  }

  /** The wait for a backend is over, or the time of an attempt. */
  override expired(): void {
    const tenant = this.destination;
    if (tenant === null) return;
    if (this.upstream !== null) return this.attemptIsSlow(tenant);
    if (this.line !== null) this.line.leave(this);
    // Not to know a backend's health is no reason to refuse it.
    const pool = tenant.pool;
    const unknown = pool.takeUnknown();
    if (unknown !== null) this.connect(tenant, unknown);
    else if (pool.isWorthWaiting) this.giveUp(failure('queue-timeout'));
    else this.attemptAnyway(tenant, pool);
  }

  protected connect(tenant: Tenant, backend: Backend): void {
    const fresh = this.staleAttempts > 0;
    this.backend = backend;
    this.attempts++;
    if (this.startedAt !== 0) this.attemptedAt = this.attempts === 1 ? this.startedAt : this.around.clock.now();
    const upstream = this.around.connections.acquire(backend, tenant.pool.options, this, fresh);
    this.upstream = upstream;
    if (this.attempts > 1 || tenant.retry.watchesTime) this.watchTime(tenant);
    if (upstream.isOpen) this.connected();
    else this.restRequest();
  }

  // What has come of the body so far can be sent again; more of it must wait until it has somewhere to go.
  protected restRequest(): void {
    if (!this.requestEnded && this.downstream !== null) this.downstream.pauseRequest();
  }

  connected(): void {
    const { upstream, downstream } = this;
    if (upstream === null || downstream === null) return;
    let taken = upstream.send(this);
    if (!this.replay.isEmpty) taken = this.replay.sendTo(upstream);
    if (this.requestEnded) upstream.finish();
    else if (taken) downstream.resumeRequest();
    else downstream.pauseRequest();
  }

  upstreamDrained(): void {
    if (!this.requestEnded && this.downstream !== null) this.downstream.resumeRequest();
  }

  failed(why: Failure): void {
    const { upstream, destination, backend } = this;
    const wasReused = upstream !== null && upstream.isReused;
    this.upstream = null;
    if (destination === null || backend === null) return this.giveUp(why);
    if (this.hedge !== null) {
      this.noteFailure(backend, why);
      return this.adoptHedge(this.hedge);
    }
    const decision = this.decide(destination, backend, { kind: 'failed', failure: why }, wasReused);
    const isStale = decision.kind === 'retry' && decision.target === 'fresh';
    // An idle connection that turns out to be dead says nothing about its backend; a fresh one is tried at once.
    if (isStale) this.staleAttempts++;
    else this.noteFailure(backend, why);
    if (decision.kind === 'retry') return this.retry(destination, decision);
    this.giveUp(decision.reason === 'deadline' ? failure('exchange-timeout') : why);
  }

  private noteFailure(backend: Backend, why: Failure): void {
    this.passOver(backend);
    if (why.source === 'upstream' && why.code !== 'backend-doubted') backend.owner.noteFailure(backend, why);
  }

  /** The backend will hardly answer: the request goes elsewhere, where it may; else it goes on to wait. */
  doubted(): void {
    this.abandon(failure('backend-doubted'));
  }

  // Plain attempts are bounded by the clocks of their connection alone.
  private watchTime(tenant: Tenant): void {
    const { hedge, perTryTimeout } = tenant.retry;
    const first = this.mayHedge && hedge !== null ? (hedge.value ?? perTryTimeout) : perTryTimeout;
    const left = millis(Math.max(0, this.deadlineOf(tenant) - this.wheelTime(this.around.wheel.now)));
    this.around.wheel.set(this, first === 0 || first > left ? left : first);
  }

  private get mayHedge(): boolean {
    return !this.hasHedged && this.requestEnded && this.head.methodClass === 'safe' && !this.head.isUpgrade;
  }

  private attemptIsSlow(tenant: Tenant): void {
    const { hedge, perTryTimeout } = tenant.retry;
    if (this.hasResponded) return;
    if (!this.requestEnded) return this.around.wheel.set(this, UPLOAD_CHECK);
    if (this.wheelTime(this.around.wheel.now) >= this.deadlineOf(tenant)) return this.runOut();
    if (hedge !== null && this.mayHedge) this.beginHedge(tenant);
    else if (perTryTimeout !== 0) this.abandon(failure('first-byte-timeout'));
    if (this.upstream !== null && !this.hasResponded) this.watchTime(tenant);
  }

  private runOut(): void {
    const { upstream, backend } = this;
    this.upstream = null;
    if (upstream !== null) upstream.cancel();
    if (backend !== null) this.noteFailure(backend, failure('first-byte-timeout'));
    this.giveUp(failure('exchange-timeout'));
  }

  private beginHedge(tenant: Tenant): void {
    const { around, backend } = this;
    const now = this.wheelTime(around.wheel.now);
    // One chance: else its time would come round again and again, and per_try_timeout never.
    this.hasHedged = true;
    if (backend === null || !tenant.retry.budget.hasRoom(now)) return;
    const tried = [...this.tried, backend];
    const pool = tenant.pool;
    const other = pool.hasUntried(tried) ? pool.take(tried, this.keyHash) : null;
    if (other === null) return;
    tenant.retry.budget.spend(now);
    this.hedge = new Hedge(this, other);
    this.hedge.begin(around.connections.acquire(other, tenant.pool.options, this.hedge, false));
  }

  hedgeWon(hedge: Hedge): void {
    const { upstream } = this;
    this.adoptHedge(hedge);
    if (upstream !== null) upstream.cancel();
  }

  /** An answer that is worth a retry is none, as long as the first attempt may bring a better one. */
  leavesHedgeAside(hedge: Hedge, status: number): boolean {
    const { destination, upstream } = this;
    if (destination === null || upstream === null || !destination.retry.statuses.has(status)) return false;
    this.hedge = null;
    hedge.discard();
    hedge.backend.owner.noteAnswer(hedge.backend, status, millis(0));
    this.passOver(hedge.backend);
    return true;
  }

  hedgeLost(hedge: Hedge, why: Failure): void {
    if (this.hedge === hedge) this.hedge = null;
    this.noteFailure(hedge.backend, why);
  }

  private adoptHedge(hedge: Hedge): void {
    this.hedge = null;
    this.backend = hedge.backend;
    this.upstream = hedge.promote();
    this.attemptedAt = millis(0); // it began at another time
  }

  /** The second attempt is not needed any more. */
  protected dropHedge(): void {
    const { hedge } = this;
    this.hedge = null;
    if (hedge !== null) hedge.cancel();
  }

  private abandon(why: Failure): void {
    const { upstream, destination, backend, hedge } = this;
    if (upstream === null || destination === null || backend === null) return;
    if (hedge !== null) {
      this.hedgeWon(hedge);
      this.noteFailure(backend, why);
      return this.watchTime(destination);
    }
    const decision = this.decide(destination, backend, { kind: 'failed', failure: why }, false);
    if (decision.kind !== 'retry' || decision.target !== 'other') return;
    this.upstream = null;
    upstream.cancel();
    this.noteFailure(backend, why);
    this.retry(destination, decision);
  }

  /** Whether a response is left aside for the chance of a better one; if so, the next attempt is on its way. */
  protected leavesAside(tenant: Tenant, backend: Backend, status: number): boolean {
    const { upstream } = this;
    if (upstream === null || !tenant.retry.statuses.has(status)) return false;
    if (this.hedge !== null) {
      upstream.discard();
      this.passOver(backend);
      this.adoptHedge(this.hedge);
      return true;
    }
    const decision = this.decide(tenant, backend, { kind: 'answered', status }, false);
    if (decision.kind !== 'retry') return false;
    this.upstream = null;
    upstream.discard();
    this.passOver(backend);
    this.retry(tenant, decision);
    return true;
  }

  private passOver(backend: Backend): void {
    this.around.observer.attemptFailed(backend.traffic);
    this.tried = [...this.tried, backend];
  }

  private retry(tenant: Tenant, decision: Extract<RetryDecision, { kind: 'retry' }>): void {
    const { around, life } = this;
    if (decision.isFree) this.freeAttempts++;
    if (decision.spendsBudget) tenant.retry.budget.spend(this.wheelTime(around.wheel.now));
    if (decision.delay === 0) return this.attempt(tenant);
    this.restRequest();
    // The time of the attempt that has failed would be taken for that of a wait in line.
    around.wheel.clear(this);
    around.clock.after(decision.delay, () => {
      if (this.life === life) this.attempt(tenant);
    });
  }
}
