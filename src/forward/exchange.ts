// One request and its response: route, attempts, and flow control between the two ends.
import { type Failure, failure } from '../core/failure.ts';
import { bytes as bytesOf } from '../core/units.ts';
import type { Downstream, DownstreamEvents } from '../message/contract.ts';
import { BODY_LENGTH, type Head } from '../message/head.ts';
import type { LocalHandler } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { RequestView } from '../message/request-view.ts';
import type { Backend } from '../pools/backend.ts';
import { decide } from '../route/decide.ts';
import type { Destination, Snapshot, Tenant } from './snapshot.ts';
import { askHandler } from './ask-handler.ts';
import { Attempts } from './attempts.ts';
import type { Affinity } from '../pools/affinity.ts';
import { balanceKey } from '../pools/balance-key.ts';
import { isServing } from '../pools/selection.ts';
import { type Compression, isCompressible, planCompression } from './compression.ts';
import { addVary } from './encoded-head.ts';
import { lastHopAnswer, slashRedirect } from './own-answers.ts';
import { type ResponseStage, type StageOwner, openStage } from './response-stage.ts';

/** Owns one request. Reused: `start` begins a new life, `end` gives it back. */
export class Exchange extends Attempts implements DownstreamEvents, StageOwner {
  private stage: ResponseStage | null = null;
  /** More of the body is to come, and is worth keeping for another attempt. */
  private keepsBody = false;
  /** The backend answers, and as far as can be seen well. */
  private isWell = false;
  /** The body is read to its end before a backend is asked. */
  private isReading = false;

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
    const decision = decide(snapshot.router, this.head);
    switch (decision.kind) {
      case 'route':
        return this.enter(downstream, decision.value);
      case 'last_hop':
        return this.answer(downstream, lastHopAnswer(this.head));
      case 'slash_missing':
        return this.answer(downstream, slashRedirect(this.head));
      case 'refused':
        return this.giveUp(failure(decision.code));
    }
  }

  private enter(downstream: Downstream, destination: Destination): void {
    if (destination.kind === 'tenant') this.serve(destination.tenant, destination.strip);
    else this.askLocal(downstream, destination.handler);
  }

  private serve(tenant: Tenant, strip: number): void {
    this.destination = tenant;
    this.strip = strip;
    const { keySource, observesLatency, affinity } = tenant.pool;
    if (affinity !== null) this.wanted = affinity.backendOf(this.head);
    if (keySource !== null) this.keyHash = balanceKey(keySource, this.head, this.client);
    if (observesLatency && this.startedAt === 0) this.startedAt = this.around.clock.now();
    tenant.retry.budget.requested(this.wheelTime(this.startedTick));
    this.keepsBody = !this.requestEnded && this.isIdempotent;
    this.isReading = false;
    if (this.exceedsBodyLimit()) this.giveUp(failure('request-body-too-large'));
    else if (this.readsFirst(tenant)) this.isReading = true;
    else this.attempt(tenant);
  }

  // Where places are scarce, a client that sends slowly takes none meanwhile. One that waits for a 100 waits for the
  // backend's word.
  private readsFirst({ pool, requestBuffer }: Tenant): boolean {
    const { head } = this;
    if (this.requestEnded || head.framing !== BODY_LENGTH || head.expectsContinue) return false;
    return head.length <= requestBuffer && pool.isCrowded;
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

  requestBody(bytes: Uint8Array, start: number, end: number): void {
    if (this.exceedsBodyLimit()) return this.requestFailed(failure('request-body-too-large'));
    const { upstream } = this;
    const isOpen = upstream !== null && upstream.isOpen;
    // What comes while no connection is open is sent on with the head.
    if (!isOpen) this.replay.keep(bytes, start, end, bytesOf(Number.POSITIVE_INFINITY));
    else if (this.keepsBody && this.destination !== null)
      this.replay.keep(bytes, start, end, this.destination.retry.replayBytes);
    else this.replay.giveUp();
    if (isOpen && !upstream.sendBody(bytes, start, end)) this.restRequest();
  }

  requestEnd(): void {
    this.requestEnded = true;
    if (this.upstream !== null && this.upstream.isOpen) this.upstream.finish();
    this.startedTick = this.around.wheel.now; // what the client took for itself is no delay of ours
    if (!this.isReading || this.destination === null) return;
    this.isReading = false;
    this.attempt(this.destination);
  }

  requestFailed(why: Failure): void {
    const { upstream } = this;
    this.upstream = null;
    if (upstream !== null) upstream.cancel();
    this.giveUp(why);
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
    const { downstream, destination, backend } = this;
    if (downstream === null || destination === null || backend === null) return;
    this.noteAnswer(destination, backend, head);
    if (head.status >= 400 && this.leavesAside(destination, backend, head.status)) return;
    this.dropHedge();
    if (destination.pool.affinity !== null) this.bind(destination.pool.affinity, backend, head);
    this.hasResponded = true;
    this.status = head.status;
    const plan = this.planResponse(destination, head);
    if (plan === null) {
      if (!downstream.sendHead(head, bodyStart, bodyEnd)) this.restResponse();
      return;
    }
    this.stage = openStage(plan, downstream, this);
    if (bodyEnd > bodyStart) this.responseBody(head.bytes, bodyStart, bodyEnd);
  }

  // A backend that is only full keeps its clients.
  private bind(affinity: Affinity, backend: Backend, head: Head): void {
    const isBound = this.wanted !== null && (this.wanted === backend || isServing(this.wanted));
    if (!isBound) head.addition = affinity.lineFor(backend, this.client.isTls);
  }

  private planResponse({ compression }: Tenant, head: Head): Compression | null {
    if (compression === null || !isCompressible(head, compression)) return null;
    const plan = planCompression(this.head, head, compression);
    if (plan === null) addVary(head);
    return plan;
  }

  private noteAnswer(tenant: Tenant, backend: Backend, head: Head): void {
    if (this.startedAt !== 0) this.answeredAt = this.around.clock.now();
    this.isWell = backend.owner.noteAnswer(backend, head.status, this.latency);
    if (tenant.retry.hedge !== null && this.answeredAt !== 0) tenant.retry.hedge.add(this.latency);
  }

  upgraded(head: Head, start: number, end: number): void {
    const { downstream, destination, backend } = this;
    if (downstream === null || destination === null || backend === null) return;
    this.noteAnswer(destination, backend, head);
    this.hasResponded = true;
    this.status = head.status;
    this.requestEnded = false; // what the client sends from here on is not a body, but it flows like one
    this.keepsBody = false;
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
    if (this.isWell && this.backend !== null) this.backend.owner.noteWhole(this.backend);
    if (this.stage === null) this.stageDone();
    else this.stage.end();
  }

  stageDone(): void {
    const { downstream } = this;
    this.end();
    if (downstream !== null) downstream.finish();
  }

  protected override giveUp(why: Failure): void {
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
    this.end();
    if (upstream !== null) upstream.cancel();
  }

  private end(): void {
    this.around.observer.exchangeEnded(this);
    if (this.line !== null) this.line.leave(this);
    this.dropHedge();
    if (this.stage !== null) this.stage.destroy();
    this.stage = null;
    this.clear();
    this.downstream = null;
    this.upstream = null;
    this.home.give(this);
  }
}
