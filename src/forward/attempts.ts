// Makes the attempts of one exchange: asks a backend, and after a failure perhaps another.
import { type Failure, type FailureCode, failure } from '../core/failure.ts';
import { Timed } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';
import type { BodyForm } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import { LEAST_SILENCE } from '../standing/silence.ts';
import type { Tenant } from './snapshot.ts';
import { AttemptEvidence } from './attempt-evidence.ts';
import { AttemptHistory } from './attempt-history.ts';
import { Attempt, type AttemptOwner, type ResponseReceiver } from './attempt.ts';
import type { AttemptsOwner } from './attempts-owner.ts';
import { Hedge } from './hedge.ts';
import { ATTEMPTING, BACKING_OFF, IN_LINE, TUNNEL } from './phases.ts';
import { type RetryDecision, lastWord } from './retry-decision.ts';
import { type RetryGround, askRetry, endOf, wheelTime } from './retry-question.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import { Search, type SearchOwner } from './search.ts';

type Retry = Extract<RetryDecision, { kind: 'retry' }>;

/** Asks backends for one exchange until one answers, or no other may be asked. Its deadline is the end of
 * the time that the whole exchange may wait for its response to begin. */
export class Attempts extends Timed implements AttemptOwner, SearchOwner {
  readonly search: Search;
  private readonly first: Attempt;
  /** The attempt whose answer the client gets. */
  private current: Attempt;
  private readonly hedge: Hedge;
  readonly past: AttemptHistory;
  readonly evidence: AttemptEvidence;
  private readonly ground: RetryGround;
  private tenant: Tenant | null = null;
  /** Counts the exchanges that have used this object, so that a wait that ends late does not touch the next one. */
  private life = 0;

  constructor(
    private readonly tools: ExchangeTools,
    private readonly owner: AttemptsOwner,
    private readonly receiver: ResponseReceiver,
  ) {
    super();
    this.search = new Search(this);
    this.past = new AttemptHistory(owner, tools.turnClock);
    this.evidence = new AttemptEvidence(owner, tools, this.past, this.search);
    this.ground = { owner, search: this.search, past: this.past, tools };
    this.hedge = new Hedge(owner, this.ground, tools);
    this.first = new Attempt(this, receiver, false);
    this.current = this.first;
  }

  /** The backend of the latest attempt; null: none was made. */
  get backend(): Backend | null {
    return this.current.backend;
  }

  get count(): number {
    return this.past.count;
  }

  begin(tenant: Tenant): void {
    this.search.look(tenant, true);
  }

  /** The request is complete. The deadlines begin only now: the backend is not blamed for a client that sends slowly. */
  requestEnded(): void {
    const { upstream } = this.current;
    if (upstream !== null && upstream.isOpen) upstream.finish();
    if (this.tenant !== null && this.owner.phase === ATTEMPTING) this.watch(this.tenant);
  }

  /** Takes a piece of the body. False: the client must rest. */
  sendBody(bytes: Uint8Array, start: number, end: number, limit: Tenant['retry']['replayBytes']): boolean {
    const { upstream } = this.current;
    const isConnected = upstream !== null && upstream.isOpen;
    this.owner.upload.take(bytes, start, end, isConnected, limit);
    return !isConnected || upstream.sendBody(bytes, start, end);
  }

  sendTrailers(trailers: Head): void {
    this.owner.upload.sendTrailers(trailers, this.current.upstream);
  }

  restResponse(): void {
    this.current.upstream?.pauseResponse();
  }

  resumeResponse(): void {
    this.current.upstream?.resumeResponse();
  }

  /** Ends all attempts: no answer is needed any more. */
  end(): void {
    this.search.end();
    this.past.waitEnds();
    this.hedge.drop();
    if (!this.past.isPlain && this.current.upstream !== null) this.past.keep(this.current, 'superseded');
    this.current.cancel();
    this.deadlineTick = 0;
  }

  clear(): void {
    this.first.clear();
    this.current = this.first;
    this.search.clear();
    this.tenant = null;
    this.evidence.clear();
    this.past.clear();
    this.life++;
  }

  waits(): void {
    this.past.waits();
    this.owner.enter(IN_LINE);
    this.owner.restRequest();
  }

  notFound(why: Failure): void {
    this.past.waitEnds();
    this.owner.giveUp(why);
  }

  found(tenant: Tenant, backend: Backend): void {
    const { owner, current, life } = this;
    this.tenant = tenant; // the search may have left for another pool
    this.past.waitEnds();
    const began = owner.attempting(tenant, backend);
    owner.enter(ATTEMPTING);
    const count = ++this.past.count;
    current.begin(backend, count, began);
    const want = this.past.stale > 0 ? 'fresh' : this.isRepeatable ? 'any' : 'sound';
    const upstream = backend.transport.acquire(current, tenant.pool.options, want, owner.head.isUpgrade);
    // The connection may have failed within `acquire`; then all that follows from it has happened already.
    if (this.count !== count || this.life !== life || owner.phase !== ATTEMPTING) return;
    current.upstream = upstream;
    if (this.count > 1 || tenant.retry.watchesTime) this.watch(tenant);
    if (upstream.isOpen) this.connected(current);
    else owner.restRequest();
  }

  // Surely: what has come so far of a longer body may turn out to be too much to keep.
  private get isRepeatable(): boolean {
    return this.owner.isIdempotent && this.owner.upload.isComplete;
  }

  /** The time for the whole exchange is over, and no response has begun. */
  override expired(): void {
    if (this.owner.phase === ATTEMPTING) this.runOut('first-byte-timeout', 'exchange-timeout');
  }

  /** The time that the client gives the call is over. A short one says nothing of the backend. */
  overdue(): void {
    const waited = this.tools.turnClock.now() - this.current.began;
    this.runOut(waited < LEAST_SILENCE ? 'deadline-exceeded' : 'first-byte-timeout', 'deadline-exceeded');
  }

  opened(attempt: Attempt): void {
    this.past.opened(attempt, attempt === this.current);
    this.connected(attempt);
  }

  private connected(attempt: Attempt): void {
    const { upstream } = attempt;
    const { owner } = this;
    if (upstream === null) return;
    attempt.hasSent = true;
    owner.sends(attempt, upstream);
    const taken = owner.upload.sendTo(upstream, upstream.send(owner));
    if (owner.upload.isComplete) upstream.finish();
    else if (taken) owner.resumeRequest();
    else owner.restRequest();
  }

  interimHead(attempt: Attempt, head: Head): void {
    if (attempt === this.current) this.owner.interimHead(head);
  }

  answered(attempt: Attempt, head: Head): BodyForm {
    const status = this.owner.statusOf(head);
    if (attempt === this.hedge.attempt) {
      if (this.leavesHedgeAside(attempt, status)) return 'framed';
      this.supersede(attempt);
    }
    if (this.tenant !== null) this.evidence.answered(attempt, this.tenant, status);
    if (status >= 400 && this.leavesAside(attempt, status)) return 'framed';
    this.settle();
    return this.owner.respond(head);
  }

  upgraded(attempt: Attempt, head: Head, start: number, end: number): void {
    if (this.tenant !== null) this.evidence.answered(attempt, this.tenant, head.status);
    this.settle();
    this.owner.tunnel(head, start, end);
  }

  // An answer has come: drops the other attempt and all deadlines but those of the connection.
  private settle(): void {
    this.hedge.drop();
    this.deadlineTick = 0;
    this.current.deadlineTick = 0;
  }

  failed(attempt: Attempt, why: Failure, wasReused: boolean): void {
    const { tenant, owner } = this;
    const { backend } = attempt;
    // What happens in a tunnel is the business of its two ends, and no evidence.
    if (tenant === null || backend === null || owner.phase === TUNNEL) return owner.giveUp(why);
    if (attempt === this.hedge.attempt) {
      this.hedge.take();
      return this.evidence.failed(attempt, backend, why);
    }
    if (this.hedge.attempt !== null) {
      this.evidence.failed(attempt, backend, why);
      this.adopt(this.hedge.attempt);
      return;
    }
    const decision = askRetry(this.ground, tenant, { attempt, outcome: { kind: 'failed', failure: why }, wasReused });
    this.past.keep(attempt, why.code);
    // A dead idle connection is no evidence against its backend; a new connection is tried at once.
    if (decision.kind === 'retry' && decision.target === 'fresh') this.past.stale++;
    else this.evidence.failed(attempt, backend, why);
    if (decision.kind === 'retry') return this.retry(tenant, decision);
    owner.giveUp(lastWord(decision.reason, why));
  }

  /** The backend will hardly answer: the request goes to another backend if it may, or waits on. */
  doubted(attempt: Attempt): void {
    if (attempt === this.current) this.abandon(failure('backend-doubted'));
  }

  // Sets the deadlines. A plain attempt has none but those of its connection.
  private watch(tenant: Tenant): void {
    if (!this.owner.upload.isComplete || (this.count === 1 && !tenant.retry.watchesTime)) return;
    const { wheel } = this.tools;
    wheel.set(this, millis(Math.max(0, endOf(this.ground, tenant) - wheelTime(this.tools))));
    const { hedge, perTryTimeout } = tenant.retry;
    const own = hedge !== null && this.hedge.mayCome ? (hedge.value ?? perTryTimeout) : perTryTimeout;
    if (own !== 0) wheel.set(this.current, own);
  }

  isSlow(attempt: Attempt): void {
    const { tenant } = this;
    if (tenant === null || attempt !== this.current || this.owner.phase !== ATTEMPTING) return;
    const { hedge, perTryTimeout } = tenant.retry;
    if (hedge !== null && this.hedge.mayCome) this.beginHedge(tenant, attempt);
    else if (perTryTimeout !== 0) this.abandon(failure('first-byte-timeout'));
    if (attempt === this.current && attempt.upstream !== null && this.owner.phase === ATTEMPTING) this.watch(tenant);
  }

  private runOut(ofAttempt: FailureCode, ofExchange: FailureCode): void {
    const { current } = this;
    const { backend } = current;
    current.cancel();
    if (backend !== null) this.evidence.failed(current, backend, failure(ofAttempt));
    this.owner.giveUp(failure(ofExchange));
  }

  private beginHedge(tenant: Tenant, { backend }: Attempt): void {
    if (backend === null) return;
    const hedge = this.hedge.begin(tenant, backend, this, this.receiver);
    if (hedge !== null && hedge.upstream !== null && hedge.upstream.isOpen) this.connected(hedge);
  }

  /** The hedge takes the place of the first attempt, which is returned. */
  private adopt(hedge: Attempt): Attempt {
    const { current } = this;
    this.hedge.take();
    this.current = hedge;
    this.past.adopted(hedge);
    return current;
  }

  /** The answer of the hedge is the one that counts. */
  private supersede(hedge: Attempt): void {
    const slow = this.adopt(hedge);
    this.past.keep(slow, 'superseded');
    slow.cancel();
  }

  /** Drops a hedge whose answer is worth a retry, while the first attempt may still bring a better one. True: dropped. */
  private leavesHedgeAside(hedge: Attempt, status: number): boolean {
    const { backend } = hedge;
    const { tenant } = this;
    if (backend === null || this.current.upstream === null || tenant?.retry.statuses.has(status) !== true) return false;
    this.evidence.answered(hedge, tenant, status);
    this.hedge.take();
    hedge.discard();
    this.evidence.leftAside(backend);
    return true;
  }

  private abandon(why: Failure): void {
    const { tenant, current } = this;
    const hedge = this.hedge.attempt;
    const { backend, upstream } = current;
    if (tenant === null || backend === null || upstream === null || this.owner.phase !== ATTEMPTING) return;
    if (hedge !== null) {
      this.adopt(hedge).cancel();
      this.evidence.failed(current, backend, why);
      return this.watch(tenant);
    }
    const decision = askRetry(this.ground, tenant, {
      attempt: current,
      outcome: { kind: 'failed', failure: why },
      wasReused: false,
    });
    if (decision.kind !== 'retry' || decision.target !== 'other') return;
    current.cancel();
    this.evidence.failed(current, backend, why);
    this.retry(tenant, decision);
  }

  /** Drops an answer if another attempt may bring a better one. True: it is dropped, and the next attempt is on its way. */
  private leavesAside(attempt: Attempt, status: number): boolean {
    const { tenant } = this;
    const { backend } = attempt;
    if (tenant === null || backend === null || !tenant.retry.statuses.has(status)) return false;
    if (this.hedge.attempt !== null) {
      this.adopt(this.hedge.attempt).discard();
      this.evidence.leftAside(backend);
      return true;
    }
    const decision = askRetry(this.ground, tenant, {
      attempt,
      outcome: { kind: 'answered', status },
      wasReused: false,
    });
    if (decision.kind !== 'retry') return false;
    this.past.keep(attempt, status);
    attempt.discard();
    this.evidence.leftAside(backend);
    this.retry(tenant, decision);
    return true;
  }

  private retry(tenant: Tenant, decision: Retry): void {
    if (decision.isFree) this.past.free++;
    if (decision.spendsBudget) tenant.retry.budget.spend(wheelTime(this.tools));
    if (decision.delay === 0) return this.search.look(tenant, false);
    const { life } = this;
    this.owner.enter(BACKING_OFF);
    this.owner.restRequest();
    this.tools.clock.after(decision.delay, () => {
      if (this.life === life && this.owner.phase === BACKING_OFF) this.search.look(tenant, false);
    });
  }
}
