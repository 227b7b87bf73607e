// The attempts at one request: which backend is asked, and whether another one is after a failure.
import { type Failure, failure } from '../core/failure.ts';
import { Timed } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { BodyForm, OutgoingRequest } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { ExchangeRecord } from '../message/record.ts';
import type { Backend } from '../pools/backend.ts';
import type { Tenant } from './snapshot.ts';
import { Attempt, type AttemptOwner, type ResponseReceiver } from './attempt.ts';
import { ATTEMPTING, BACKING_OFF, IN_LINE, type Phase, RESPONDING, TUNNEL } from './phases.ts';
import { type AttemptOutcome, type RetryDecision, decideRetry } from './retry-decision.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { Search, type SearchOwner } from './search.ts';
import type { Upload } from './upload.ts';

type Retry = Extract<RetryDecision, { kind: 'retry' }>;

/** The exchange, as its attempts see it. */
export interface AttemptsOwner extends OutgoingRequest, ExchangeRecord {
  readonly phase: Phase;
  readonly upload: Upload;
  /** It may be done twice (RFC 9110 9.2.2). */
  readonly isIdempotent: boolean;
  /** When it began to wait for its response, in ticks of the wheel. */
  readonly startedTick: number;
  enter(phase: Phase): void;
  /** The first attempt begins; returns the time. */
  attempting(): Millis;
  /** The client is to send no more of the body for now. */
  restRequest(): void;
  resumeRequest(): void;
  interimHead(head: Head): void;
  /** The current attempt has the answer. Returns the form in which its body is wanted; `responseStart` follows. */
  respond(head: Head): BodyForm;
  tunnel(head: Head, start: number, end: number): void;
  /** The exchange ends with an answer of our own, or is broken off. */
  giveUp(why: Failure): void;
}

/** Asks backends for one exchange until one answers, or no other may be asked. Its clock is the time that the whole
 * exchange may wait for its response to begin. */
export class Attempts extends Timed implements AttemptOwner, SearchOwner {
  count = 0;
  readonly search: Search;
  /** The latest attempt began to be answered, and as far as can be seen well. */
  isWell = false;
  /** When the latest answer came. */
  answeredAt = millis(0);
  private readonly first: Attempt;
  /** The one whose answer the client gets. */
  private current: Attempt;
  /** A second one beside it; null: none. */
  private hedge: Attempt | null = null;
  /** One chance of a second attempt beside the first: else its time would come round again and again. */
  private hasHedged = false;
  /** Attempts over idle connections that turned out to be dead. */
  private stale = 0;
  /** Attempts whose retry did not count. */
  private free = 0;
  private tenant: Tenant | null = null;
  /** Counts lives, so that a wait that ends late does not meet another's request. */
  private life = 0;

  constructor(
    private readonly tools: ExchangeTools,
    private readonly owner: AttemptsOwner,
    private readonly receiver: ResponseReceiver,
  ) {
    super();
    this.search = new Search(this);
    this.first = new Attempt(this, receiver, false);
    this.current = this.first;
  }

  /** Of the latest attempt; null: none was made. */
  get backend(): Backend | null {
    return this.current.backend;
  }

  begin(tenant: Tenant): void {
    this.tenant = tenant;
    this.search.look(tenant, true);
  }

  /** The request has come to its end: what the client took for itself is no delay of ours, so the clocks begin now. */
  requestEnded(): void {
    const { upstream } = this.current;
    if (upstream !== null && upstream.isOpen) upstream.finish();
    if (this.tenant !== null && this.owner.phase === ATTEMPTING) this.watch(this.tenant);
  }

  /** A piece of the body has come. False: no more for now. */
  sendBody(bytes: Uint8Array, start: number, end: number, limit: Tenant['retry']['replayBytes']): boolean {
    const { upstream } = this.current;
    const isConnected = upstream !== null && upstream.isOpen;
    this.owner.upload.take(bytes, start, end, isConnected, limit);
    return !isConnected || upstream.sendBody(bytes, start, end);
  }

  /** After the last piece. */
  sendTrailers(trailers: Head): void {
    this.owner.upload.sendTrailers(trailers, this.current.upstream);
  }

  restResponse(): void {
    const { upstream } = this.current;
    if (upstream !== null) upstream.pauseResponse();
  }

  resumeResponse(): void {
    const { upstream } = this.current;
    if (upstream !== null) upstream.resumeResponse();
  }

  /** Nobody waits for an answer any more. */
  end(): void {
    this.search.end();
    this.dropHedge();
    this.current.cancel();
    this.deadline = 0;
  }

  clear(): void {
    this.first.clear();
    this.current = this.first;
    this.search.clear();
    this.tenant = null;
    this.count = 0;
    this.stale = 0;
    this.free = 0;
    this.hasHedged = false;
    this.isWell = false;
    this.answeredAt = millis(0);
    this.life++;
  }

  waits(): void {
    this.owner.enter(IN_LINE);
    this.owner.restRequest();
  }

  notFound(why: Failure): void {
    this.owner.giveUp(why);
  }

  found(tenant: Tenant, backend: Backend): void {
    const { owner, current, life } = this;
    const began = owner.attempting();
    owner.enter(ATTEMPTING);
    const count = ++this.count;
    current.begin(backend, count, began);
    const want = this.stale > 0 ? 'fresh' : 'any';
    const upstream = backend.transport.acquire(current, tenant.pool.options, want);
    // The connection may have failed within the call, and what follows from that has happened.
    if (this.count !== count || this.life !== life || owner.phase !== ATTEMPTING) return;
    current.upstream = upstream;
    if (this.count > 1 || tenant.retry.watchesTime) this.watch(tenant);
    if (upstream.isOpen) this.connected(current);
    else owner.restRequest();
  }

  /** No response has begun in the time for the whole exchange. */
  override expired(): void {
    if (this.owner.phase === ATTEMPTING) this.runOut();
  }

  connected(attempt: Attempt): void {
    const { upstream } = attempt;
    const { owner } = this;
    if (upstream === null) return;
    attempt.hasSent = true;
    const taken = owner.upload.sendTo(upstream, upstream.send(owner));
    if (owner.upload.isComplete) upstream.finish();
    else if (taken) owner.resumeRequest();
    else owner.restRequest();
  }

  interimHead(attempt: Attempt, head: Head): void {
    if (attempt === this.current) this.owner.interimHead(head);
  }

  answered(attempt: Attempt, head: Head): BodyForm {
    if (attempt === this.hedge) {
      if (this.leavesHedgeAside(attempt, head.status)) return 'framed';
      this.adopt(attempt).cancel();
    }
    this.noteAnswer(attempt, head.status);
    if (head.status >= 400 && this.leavesAside(attempt, head.status)) return 'framed';
    this.settle();
    return this.owner.respond(head);
  }

  upgraded(attempt: Attempt, head: Head, start: number, end: number): void {
    this.noteAnswer(attempt, head.status);
    this.settle();
    this.owner.tunnel(head, start, end);
  }

  private noteAnswer(attempt: Attempt, status: number): void {
    const { backend, began } = attempt;
    if (backend === null || this.tenant === null) return;
    const now = this.tools.turnClock.now();
    const latency = millis(now - began);
    this.answeredAt = now;
    this.isWell = backend.owner.noteAnswer(backend, status, latency);
    if (this.tenant.retry.hedge !== null) this.tenant.retry.hedge.add(latency);
    if (this.tools.observer.wantsAttempts) this.tell(attempt, status, now);
  }

  // The answer is there: no other attempt, and no clock but that of its connection.
  private settle(): void {
    this.dropHedge();
    this.deadline = 0;
    this.current.deadline = 0;
  }

  failed(attempt: Attempt, why: Failure, wasReused: boolean): void {
    const { tenant, owner } = this;
    const { backend } = attempt;
    if (tenant === null || backend === null) return owner.giveUp(why);
    if (attempt === this.hedge) {
      this.hedge = null;
      return this.noteFailure(attempt, backend, why);
    }
    if (this.hedge !== null) {
      this.noteFailure(attempt, backend, why);
      this.adopt(this.hedge);
      return;
    }
    const decision = this.decide(tenant, attempt, { kind: 'failed', failure: why }, wasReused);
    // An idle connection that turns out to be dead says nothing about its backend; a fresh one is tried at once.
    if (decision.kind === 'retry' && decision.target === 'fresh') this.stale++;
    else this.noteFailure(attempt, backend, why);
    if (decision.kind === 'retry') return this.retry(tenant, decision);
    owner.giveUp(decision.reason === 'deadline' ? failure('exchange-timeout') : why);
  }

  private noteFailure(attempt: Attempt, backend: Backend, why: Failure): void {
    this.passOver(backend);
    if (this.tools.observer.wantsAttempts) this.tell(attempt, why.code, this.tools.turnClock.now());
    backend.owner.noteFailure(backend, why);
  }

  private tell(attempt: Attempt, outcome: number | Failure['code'], ended: Millis): void {
    const { backend, number, isHedge, began } = attempt;
    if (backend === null) return;
    this.tools.observer.attemptEnded({ exchange: this.owner, backend, number, isHedge, outcome, began, ended });
  }

  /** The backend will hardly answer: the request goes elsewhere, where it may; else it goes on to wait. */
  doubted(attempt: Attempt): void {
    if (attempt === this.current) this.abandon(failure('backend-doubted'));
  }

  // Plain attempts are bounded by the clocks of their connection alone.
  private watch(tenant: Tenant): void {
    if (!this.owner.upload.isComplete || (this.count === 1 && !tenant.retry.watchesTime)) return;
    const { wheel } = this.tools;
    wheel.set(this, millis(Math.max(0, this.deadlineOf(tenant) - this.now)));
    const { hedge, perTryTimeout } = tenant.retry;
    const own = this.mayHedge && hedge !== null ? (hedge.value ?? perTryTimeout) : perTryTimeout;
    if (own !== 0) wheel.set(this.current, own);
  }

  private get mayHedge(): boolean {
    const { upload, head } = this.owner;
    const isSimple = head.methodClass === 'safe' && !head.isUpgrade && upload.isRepeatable;
    return !this.hasHedged && upload.isComplete && isSimple;
  }

  isSlow(attempt: Attempt): void {
    const { tenant } = this;
    if (tenant === null || attempt !== this.current || this.owner.phase !== ATTEMPTING) return;
    const { hedge, perTryTimeout } = tenant.retry;
    if (hedge !== null && this.mayHedge) this.beginHedge(tenant, attempt);
    else if (perTryTimeout !== 0) this.abandon(failure('first-byte-timeout'));
    if (attempt === this.current && attempt.upstream !== null && this.owner.phase === ATTEMPTING) this.watch(tenant);
  }

  private runOut(): void {
    const { current } = this;
    const { backend } = current;
    current.cancel();
    if (backend !== null) this.noteFailure(current, backend, failure('first-byte-timeout'));
    this.owner.giveUp(failure('exchange-timeout'));
  }

  private beginHedge(tenant: Tenant, slow: Attempt): void {
    const { backend } = slow;
    this.hasHedged = true;
    if (backend === null || !tenant.retry.budget.hasRoom(this.now)) return;
    const other = this.search.takeOther(tenant, backend);
    if (other === null) return;
    tenant.retry.budget.spend(this.now);
    const hedge = new Attempt(this, this.receiver, true);
    this.hedge = hedge;
    hedge.begin(other, this.count + 1, this.tools.turnClock.now());
    const upstream = other.transport.acquire(hedge, tenant.pool.options, 'any');
    hedge.upstream = upstream;
    if (upstream.isOpen) this.connected(hedge);
  }

  /** The second attempt takes the place of the first, which is returned. */
  private adopt(hedge: Attempt): Attempt {
    const { current } = this;
    this.hedge = null;
    this.current = hedge;
    return current;
  }

  /** An answer that is worth a retry is none, as long as the first attempt may bring a better one. */
  private leavesHedgeAside(hedge: Attempt, status: number): boolean {
    const { backend } = hedge;
    if (backend === null || this.current.upstream === null || this.tenant?.retry.statuses.has(status) !== true)
      return false;
    this.noteAnswer(hedge, status);
    this.hedge = null;
    hedge.discard();
    this.passOver(backend);
    return true;
  }

  private dropHedge(): void {
    const { hedge } = this;
    this.hedge = null;
    if (hedge !== null) hedge.cancel();
  }

  private abandon(why: Failure): void {
    const { tenant, hedge, current } = this;
    const { backend, upstream } = current;
    if (tenant === null || backend === null || upstream === null || this.owner.phase !== ATTEMPTING) return;
    if (hedge !== null) {
      this.adopt(hedge).cancel();
      this.noteFailure(current, backend, why);
      return this.watch(tenant);
    }
    const decision = this.decide(tenant, current, { kind: 'failed', failure: why }, false);
    if (decision.kind !== 'retry' || decision.target !== 'other') return;
    current.cancel();
    this.noteFailure(current, backend, why);
    this.retry(tenant, decision);
  }

  /** Whether an answer is left aside for the chance of a better one; if so, the next attempt is on its way. */
  private leavesAside(attempt: Attempt, status: number): boolean {
    const { tenant } = this;
    const { backend } = attempt;
    if (tenant === null || backend === null || !tenant.retry.statuses.has(status)) return false;
    if (this.hedge !== null) {
      this.adopt(this.hedge).discard();
      this.passOver(backend);
      return true;
    }
    const decision = this.decide(tenant, attempt, { kind: 'answered', status }, false);
    if (decision.kind !== 'retry') return false;
    attempt.discard();
    this.passOver(backend);
    this.retry(tenant, decision);
    return true;
  }

  private passOver(backend: Backend): void {
    backend.traffic.failures++;
    this.search.passOver(backend);
  }

  private retry(tenant: Tenant, decision: Retry): void {
    if (decision.isFree) this.free++;
    if (decision.spendsBudget) tenant.retry.budget.spend(this.now);
    if (decision.delay === 0) return this.search.look(tenant, false);
    const { life } = this;
    this.owner.enter(BACKING_OFF);
    this.owner.restRequest();
    this.tools.clock.after(decision.delay, () => {
      if (this.life === life && this.owner.phase === BACKING_OFF) this.search.look(tenant, false);
    });
  }

  private decide(tenant: Tenant, attempt: Attempt, outcome: AttemptOutcome, wasReused: boolean): RetryDecision {
    const pool = tenant.pool;
    const { owner, now } = this;
    const start = this.timeOf(owner.startedTick);
    return decideRetry(
      {
        outcome,
        attempts: this.count - this.free,
        tries: this.count - this.stale,
        isIdempotent: owner.isIdempotent,
        wasSent: attempt.hasSent,
        canReplay: owner.upload.isRepeatable,
        wasReused,
        hadFreeRetry: this.stale > 0,
        hasResponseBegun: owner.phase === RESPONDING || owner.phase === TUNNEL,
        hasOther: attempt.backend !== null && this.search.hasOther(tenant, attempt.backend),
        hasBudget: tenant.retry.budget.hasRoom(now),
        now,
        connectDeadline: millis(start + (pool.mayRecover ? pool.options.queueTimeout : 0)),
        deadline: this.deadlineOf(tenant),
        random: this.tools.random(),
      },
      tenant.retry,
    );
  }

  /** When a response must have begun. */
  private deadlineOf(tenant: Tenant): Millis {
    return millis(this.timeOf(this.owner.startedTick) + tenant.exchangeTimeout);
  }

  private get now(): Millis {
    return this.timeOf(this.tools.wheel.now);
  }

  private timeOf(tick: number): Millis {
    return millis(tick * this.tools.wheel.tick);
  }
}
