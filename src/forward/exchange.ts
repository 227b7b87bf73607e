// One request and its response: route, attempts, and flow control between the two ends.
import { type Failure, failure } from '../core/failure.ts';
import { EMPTY } from '../message/bytes.ts';
import type {
  ClientFacts,
  Downstream,
  DownstreamEvents,
  OutgoingRequest,
  Upstream,
  UpstreamEvents,
} from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { RequestView } from '../message/request-view.ts';
import type { Backend } from '../pools/backend.ts';
import type { Snapshot, Tenant } from '../snapshot/snapshot.ts';
import { askHandler } from './ask-handler.ts';
import { balanceKey } from '../pools/balance-key.ts';
import { type CompressionPlan, mayCompress, planCompression } from './compression.ts';
import { ExchangeState } from './exchange-state.ts';
import { findDestination } from './find-destination.ts';
import { type ResponseStage, type StageOwner, openStage } from './response-stage.ts';
import type { ExchangeHome, ExchangeSurroundings } from './surroundings.ts';

const NOBODY: ClientFacts = { address: '', isTls: false, forwardedLines: EMPTY, namesHost: false };

/** Owns one request. Reused: `start` begins a new life, `end` gives it back. */
export class Exchange extends ExchangeState implements UpstreamEvents, DownstreamEvents, StageOwner, OutgoingRequest {
  strip = 0;
  client: ClientFacts = NOBODY;
  private startedTick = 0;
  private downstream: Downstream | null = null;
  private upstream: Upstream | null = null;
  private stage: ResponseStage | null = null;
  private bodyStart = 0;
  private bodyEnd = 0;
  private requestEnded = false;
  /** Counts lives, so that a late answer of a local handler does not meet another's request. */
  private life = 0;

  constructor(
    private readonly around: ExchangeSurroundings,
    private readonly home: ExchangeHome<Exchange>,
  ) {
    super();
  }

  get idPrefix(): Uint8Array {
    return this.around.ids.linePrefix;
  }

  /** [bodyStart, bodyEnd) of head.bytes is the body's beginning; `ended`: that is all of it. */
  start(downstream: Downstream, head: Head, bodyStart: number, bodyEnd: number, ended: boolean): void {
    this.downstream = downstream;
    this.head = head;
    this.client = downstream.client;
    this.bodyStart = bodyStart;
    this.bodyEnd = bodyEnd;
    this.requestEnded = ended;
    this.startedAt = this.home.measure();
    this.startedTick = this.around.wheel.now;
    this.route(downstream, this.around.store.current);
  }

  private route(downstream: Downstream, snapshot: Snapshot): void {
    const found = findDestination(snapshot, this.head);
    switch (found.kind) {
      case 'tenant':
        return this.serve(found.tenant, found.strip);
      case 'local':
        return this.askLocal(downstream, found.handler);
      case 'answered':
        return this.answer(downstream, found.response);
      case 'refused':
        return this.giveUp(found.failure);
    }
  }

  private serve(tenant: Tenant, strip: number): void {
    this.destination = tenant;
    this.strip = strip;
    const { keySource, observesLatency } = tenant.pool;
    if (keySource !== null) this.keyHash = balanceKey(keySource, this.head, this.client);
    if (observesLatency && this.startedAt === 0) this.startedAt = this.around.clock.now();
    if (this.exceedsBodyLimit()) this.giveUp(failure('request-body-too-large'));
    else this.attempt(tenant);
  }

  private exceedsBodyLimit(): boolean {
    const { destination, downstream } = this;
    if (destination === null || downstream === null || destination.bodyBytes === Number.POSITIVE_INFINITY) return false;
    return this.head.length > destination.bodyBytes || downstream.requestPayload > destination.bodyBytes;
  }

  private askLocal(downstream: Downstream, handler: LocalHandler): void {
    const { life } = this;
    askHandler(handler, new RequestView(this.head, downstream.client), (response) => {
      if (this.life !== life || this.downstream !== downstream) return;
      if (response === null) this.giveUp(failure('internal'));
      else this.answer(downstream, response);
    });
  }

  private answer(downstream: Downstream, response: LocalResponse): void {
    this.status = response.status;
    this.end();
    downstream.respond(response);
  }

  private attempt(tenant: Tenant): void {
    const backend = tenant.pool.take(this.tried, this.keyHash);
    if (backend !== null) return this.connect(tenant, backend);
    if (!tenant.pool.isWorthWaiting) return this.giveUp(tenant.pool.explainNone());
    this.restRequest();
    if (!tenant.pool.wait(this)) this.giveUp(failure('queue-full'));
  }

  admitted(backend: Backend): void {
    if (this.destination !== null) this.connect(this.destination, backend);
  }

  /** The wait for a backend is over. Not to know a backend's health is no reason to refuse it. */
  override expired(): void {
    const tenant = this.destination;
    if (tenant === null) return;
    if (this.line !== null) this.line.leave(this);
    const unknown = tenant.pool.takeUnknown();
    if (unknown !== null) this.connect(tenant, unknown);
    else this.giveUp(tenant.pool.isWorthWaiting ? failure('queue-timeout') : tenant.pool.explainNone());
  }

  private connect(tenant: Tenant, backend: Backend): void {
    const fresh = this.staleAttempts > 0;
    this.backend = backend;
    this.attempts++;
    const upstream = this.around.connections.acquire(backend, tenant.pool.options, this, fresh);
    this.upstream = upstream;
    if (upstream.isOpen) this.connected();
    else this.restRequest();
  }

  // What has come of the body so far can be sent again; more of it must wait until it has somewhere to go.
  private restRequest(): void {
    if (!this.requestEnded && this.downstream !== null) this.downstream.pauseRequest();
  }

  connected(): void {
    const { upstream, downstream } = this;
    if (upstream === null || downstream === null) return;
    const taken = upstream.send(this, this.bodyStart, this.bodyEnd);
    if (this.requestEnded) upstream.finish();
    else if (taken) downstream.resumeRequest();
    else downstream.pauseRequest();
  }

  requestBody(bytes: Uint8Array, start: number, end: number): void {
    this.isReplayable = false;
    if (this.exceedsBodyLimit()) return this.requestFailed(failure('request-body-too-large'));
    if (this.upstream !== null && !this.upstream.sendBody(bytes, start, end)) this.restRequest();
  }

  requestEnd(): void {
    this.requestEnded = true;
    if (this.upstream !== null && this.upstream.isOpen) this.upstream.finish();
  }

  requestFailed(why: Failure): void {
    const { upstream } = this;
    this.upstream = null;
    if (upstream !== null) upstream.cancel();
    this.giveUp(why);
  }

  upstreamDrained(): void {
    if (!this.requestEnded && this.downstream !== null) this.downstream.resumeRequest();
  }

  downstreamDrained(): void {
    if (this.stage !== null) this.stage.resume();
    else this.stageDrained();
  }

  stageDrained(): void {
    if (this.upstream !== null) this.upstream.resumeResponse();
  }

  interimHead(head: Head): void {
    if (this.downstream !== null) this.downstream.sendInterim(head);
  }

  responseHead(head: Head, bodyStart: number, bodyEnd: number): void {
    const { downstream } = this;
    if (downstream === null) return;
    this.noteAnswer(head);
    const plan = this.planResponse(head);
    if (plan === null) {
      if (!downstream.sendHead(head, bodyStart, bodyEnd)) this.restResponse();
      return;
    }
    this.stage = openStage(plan, downstream, this);
    if (bodyEnd > bodyStart) this.responseBody(head.bytes, bodyStart, bodyEnd);
  }

  private planResponse(head: Head): CompressionPlan | null {
    const settings = this.destination === null ? null : this.destination.compression;
    return settings !== null && mayCompress(this.head) ? planCompression(this.head, head, settings) : null;
  }

  private noteAnswer(head: Head): void {
    this.hasResponded = true;
    this.status = head.status;
    if (this.startedAt !== 0) this.answeredAt = this.around.clock.now();
    if (this.backend !== null) this.backend.owner.noteAnswer(this.backend, head.status, this.latency);
  }

  upgraded(head: Head, start: number, end: number): void {
    const { downstream } = this;
    if (downstream === null) return;
    this.noteAnswer(head);
    this.requestEnded = false; // what the client sends from here on is not a body, but it flows like one
    this.isReplayable = false;
    if (!downstream.sendUpgrade(head, start, end)) this.restResponse();
  }

  responseBody(bytes: Uint8Array, start: number, end: number): void {
    const sink = this.stage ?? this.downstream;
    if (sink !== null && !sink.sendBody(bytes, start, end)) this.restResponse();
  }

  private restResponse(): void {
    if (this.upstream !== null) this.upstream.pauseResponse();
  }

  responseEnd(): void {
    this.upstream = null;
    if (this.stage === null) this.stageDone();
    else this.stage.end();
  }

  stageDone(): void {
    const { downstream } = this;
    this.end();
    if (downstream !== null) downstream.finish();
  }

  failed(why: Failure): void {
    const { upstream, destination, backend } = this;
    const wasReused = upstream !== null && upstream.isReused;
    this.upstream = null;
    if (destination === null || backend === null) return this.giveUp(why);
    // An idle connection that turns out to be dead says nothing about its backend; a fresh one is tried at once.
    const isStale = why.code === 'reset' && wasReused && this.staleAttempts === 0;
    if (isStale) this.staleAttempts++;
    else this.noteFailure(backend, why);
    if (!this.mayRetry(why)) return this.giveUp(why);
    if (this.home.since(this.startedTick) > destination.exchangeTimeout)
      return this.giveUp(failure('exchange-timeout'));
    this.attempt(destination);
  }

  private noteFailure(backend: Backend, why: Failure): void {
    this.around.observer.attemptFailed(backend.traffic);
    if (why.source === 'upstream') backend.owner.noteFailure(backend, why);
    if (why.retry !== 'no') this.tried = [...this.tried, backend];
  }

  private giveUp(why: Failure): void {
    const { downstream, hasResponded } = this;
    this.downstream = null; // nothing that happens inside `abort` is ours any more
    this.failure = why.code;
    if (downstream !== null) {
      const status = downstream.abort(why);
      if (!hasResponded) this.status = status;
    }
    this.end();
  }

  downstreamGone(): void {
    const { upstream } = this;
    this.failure = 'client-gone';
    if (this.line !== null) this.line.leave(this);
    this.end();
    if (upstream !== null) upstream.cancel();
  }

  private end(): void {
    this.around.observer.exchangeEnded(this);
    if (this.stage !== null) this.stage.destroy();
    this.stage = null;
    this.clear();
    this.downstream = null;
    this.upstream = null;
    this.client = NOBODY;
    this.life++;
    this.home.give(this);
  }
}
