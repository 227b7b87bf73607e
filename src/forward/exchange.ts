// One request and its response, from the head that has come to the record of how it ended.
import { BYTE_COST } from '../admit/costs.ts';
import { type Failure, failure, failureBecause } from '../core/failure.ts';
import { type Millis, millis } from '../core/units.ts';
import { allowClaims } from '../message/claims.ts';
import type { BodyForm, Downstream, DownstreamEvents } from '../message/contract.ts';
import { HINT_DESTINATION, HINT_LOOP } from '../message/field-names.ts';
import { type Head, releaseHead } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { type OwnMarks, hasPassedHere } from '../message/own-marks.ts';
import type { BodyBounds, BreakOff, PolicyRequest, ReadBody } from '../policies/contract.ts';
import type { Backend } from '../pools/backend.ts';
import { AS_THE_RULE, type Tenant, wayOf } from './snapshot.ts';
import type { AttemptsOwner } from './attempts-owner.ts';
import { Attempts } from './attempts.ts';
import { RecordedExchange } from './exchange-record.ts';
import { GrpcCall } from './grpc-call.ts';
import { repeatRequest } from './repeat.ts';
import type { ExchangeTools } from './exchange-tools.ts';
import {
  ANSWERING,
  ASKING,
  LEAVING,
  OVER,
  wrongStep,
  type Phase,
  READING,
  RESPONDING,
  TUNNEL,
  mayFollow,
} from './phases.ts';
import { NOWHERE, decidedAt } from './decided.ts';
import { ownAnswer } from './own-answers.ts';
import type { HeldResponse } from './held-response.ts';
import { type ResponseOwner, ResponsePath } from './response-path.ts';
import { mapDestinations } from './places.ts';
import { LocalAsk, type LocalOwner } from './local-ask.ts';
import { NO_CLIENT, NO_HEAD } from './policy-view.ts';
import { PolicySteps, type StepsOwner } from './steps.ts';
import { aimAt } from './search.ts';
import { RequestPath, type RequestOwner } from './request-path.ts';
import { RequestJob, type RequestJobOwner, describeShare } from './request-job.ts';
import { type PlaceOwner, TenantPlace } from './tenant-place.ts';
import { NOT_REACHED } from './times.ts';

const LOOP = failureBecause('loop-detected', 'CDN-Loop names this gateway: a backend of the tenant leads back to it.');

/** Takes exchanges that are over, to use them again. */
export interface ExchangeHome {
  give(exchange: Exchange): void;
  /** One that is over. */
  acquire(): Exchange;
}

/** Owns one request, its head included, until its record is made. The object is used again: `open` or `refuse` begins
 * its next request. */
export class Exchange
  extends RecordedExchange
  implements
    DownstreamEvents,
    AttemptsOwner,
    StepsOwner,
    ResponseOwner,
    RequestOwner,
    LocalOwner,
    RequestJobOwner,
    PlaceOwner
{
  phase: Phase = OVER;
  private readonly path = new RequestPath(this);
  readonly upload = this.path.upload;
  readonly attempts: Attempts;
  readonly call = new GrpcCall(this);
  /** What it takes of the event loop, and whether it waits for that. */
  readonly job = new RequestJob(this);
  /** What it has of what its tenant may have only so much of. */
  readonly place: TenantPlace;
  /** Asks the tenant's policies, and keeps the edits that they make. */
  steps: PolicySteps;
  readonly answerPath = new ResponsePath(this);
  private readonly local: LocalAsk;

  constructor(
    tools: ExchangeTools,
    private readonly home: ExchangeHome,
  ) {
    super(tools);
    this.attempts = new Attempts(tools, this, this.answerPath);
    this.steps = new PolicySteps(this, tools);
    this.place = new TenantPlace(this, tools);
    this.local = new LocalAsk(this, tools);
  }

  get marks(): OwnMarks {
    return this.tools.marks;
  }

  enter(phase: Phase): void {
    if (!mayFollow(this.phase, phase)) this.tools.reportBug(wrongStep(this.phase, phase));
    this.phase = phase;
  }

  /** A request's head has come, and belongs to the exchange from here on. `start` follows, or `refuse`. */
  open(downstream: Downstream, head: Head): void {
    this.begin(downstream);
    this.head = head;
    this.decision = decidedAt(this.tools, head, this.client);
    if (this.tools.tracing.isOn) this.tracePart.begin(head);
  }

  /** What came was no request that could be understood: it is answered with this failure. */
  refuse(downstream: Downstream, why: Failure): void {
    this.begin(downstream);
    if (this.tools.tracing.isOn) this.tracePart.begin(NO_HEAD);
    this.giveUp(why);
  }

  begin(downstream: Downstream): void {
    this.enter(ASKING);
    this.downstream = downstream;
    this.client = downstream.client;
    this.startedTick = this.tools.wheel.now;
    this.planNumber = this.tools.store.current.planNumber;
    this.times.begin(this.tools.turnClock.now());
  }

  /** [bodyStart, bodyEnd) of head.bytes is the body's beginning; `isComplete`: that is all of it. */
  start(bodyStart: number, bodyEnd: number, isComplete: boolean): void {
    const { decision } = this;
    this.bodyStart = bodyStart;
    this.bodyEnd = bodyEnd;
    this.upload.begin(isComplete);
    switch (decision.kind) {
      case 'route':
        if (decision.value.kind === 'local') return this.local.ask(decision.value.handler);
        return this.serve(decision.value.site.current, decision.value.strip);
      case 'last_hop':
      case 'slash_missing':
      case 'answered':
        return this.answer(ownAnswer(decision, this.head));
      case 'refused':
        return this.giveUp(failure(decision.code));
    }
  }

  private serve(whole: Tenant, strip: number): void {
    const { downstream } = this;
    const tenant = whole.routes === null ? whole : wayOf(whole, this.head);
    this.tenant = tenant;
    this.strip = tenant.strip === AS_THE_RULE ? strip : tenant.strip;
    if ((this.head.hints & HINT_LOOP) !== 0 && hasPassedHere(this.head, this.marks)) return this.giveUp(LOOP);
    if (!this.place.letsIn(tenant)) return;
    const arrival = downstream === null ? 0 : downstream.arrivalCost;
    switch (this.job.askFrom(tenant.share, arrival + (this.bodyEnd - this.bodyStart) * BYTE_COST)) {
      case 'begins':
        return this.askPolicies(tenant, this.times.begun);
      case 'waits':
        return this.restRequest();
      case 'refused':
        return this.overloaded();
    }
  }

  admitted(): void {
    const { tenant } = this;
    if (tenant === null) return;
    const now = this.tools.turnClock.now();
    this.times.waited(this.times.begun, now);
    this.askPolicies(tenant, now);
    if (this.phase === READING) this.resumeRequest();
  }

  get isSparing(): boolean {
    return this.tools.overload.isSparing || this.tenant?.limits.isFull === true;
  }

  overloaded(): void {
    const { tenant } = this;
    if (tenant !== null) this.giveUp(failureBecause('overloaded', describeShare(tenant.share)));
  }

  private askPolicies(tenant: Tenant, now: Millis): void {
    if (tenant.limits.hasGuard && !this.place.mayBegin(tenant, now)) return;
    if (!this.upload.isComplete) this.upload.payer = tenant.limits;
    if (tenant.allowedClaims !== null) allowClaims(this.head, tenant.allowedClaims);
    if (tenant.policies === null) return this.admit(tenant, now);
    const result = this.steps.askRequest(tenant);
    if (result === 'passed') this.admit(this.tenant ?? tenant, now);
    else if (result === 'waits' && !this.path.isRead) this.restRequest();
  }

  repeat(begin: (copy: PolicyRequest) => void): BreakOff | null {
    return repeatRequest(this, this.home, begin);
  }

  requestPassed(): void {
    const { tenant } = this;
    if (tenant === null) return;
    this.admit(tenant, this.tools.turnClock.now());
    if (this.phase === READING) this.resumeRequest();
  }

  paceChanged(): void {
    this.path.paceChanged();
    this.answerPath.paceChanged();
  }

  /** All policies have let it through: it goes to its pool. */
  admit(tenant: Tenant, now: Millis): void {
    const { attempts, head, tools, upload } = this;
    aimAt(tenant.pool, this, attempts.search);
    tenant.retry.budget.requested(millis(this.startedTick * tools.wheel.tick));
    if (!upload.isComplete && (this.isIdempotent || tenant.pool.options.mayRefuse)) upload.keep();
    if (this.steps.hearsBody) this.path.tellBody();
    this.times.admitted = now;
    if (head.takesTrailers) this.call.begin(head, tools.wheel);
    if (!tenant.hasPool) this.giveUp(failure('no-route'));
    else if (this.path.exceedsLimit(tenant)) this.giveUp(failure('request-body-too-large'));
    else if (this.path.isReadFirst(tenant)) this.enter(READING);
    else attempts.begin(tenant);
  }

  answer(response: LocalResponse): void {
    if (this.asksAboutAnswers) this.tell(response, null);
    else this.conclude(response);
  }

  // Policies are asked about every answer of their tenant's, once.
  private get asksAboutAnswers(): boolean {
    const { tenant, downstream, phase, failure: code, steps } = this;
    if (tenant === null || tenant.policies === null || downstream === null || steps.waitsForAnswer) return false;
    return phase !== ANSWERING && code !== 'dropped' && downstream.responseStatus === 0;
  }

  private tell(response: LocalResponse, why: Failure | null): void {
    this.enter(ANSWERING);
    this.job.leave();
    this.place.stop();
    this.attempts.end();
    this.answerPath.release();
    this.path.release();
    if (this.steps.askLocal(response, why) === 'waits') this.restRequest();
  }

  conclude(response: LocalResponse): void {
    const { downstream } = this;
    this.enter(LEAVING);
    this.release();
    this.call.told(response);
    if (downstream !== null) downstream.respond(response, this.answerPath.edits);
  }

  answerInstead(type: string, response: LocalResponse): void {
    this.refusedBy = type;
    this.answer(response);
  }

  reportPolicyFault(type: string, error: Error): void {
    this.tools.reportPolicyFault(this.tenantName ?? '', type, error);
  }

  refuseInstead(type: string, why: Failure): void {
    this.refusedBy = type;
    this.giveUp(why);
  }

  attempting(tenant: Tenant, backend: Backend): Millis {
    const { times, head } = this;
    this.tenant = tenant;
    if ((head.hints & HINT_DESTINATION) !== 0) mapDestinations(this, backend, this.steps.requestEdits);
    if (head.takesTrailers) this.call.attempt(this.steps.requestEdits);
    const now = this.phase === ASKING ? times.admitted : this.tools.turnClock.now();
    if (times.attempted === NOT_REACHED) times.attempted = now;
    return now;
  }

  requestBody(bytes: Uint8Array, start: number, end: number): void {
    this.job.piece(end - start);
    this.place.passed(end - start);
    this.path.take(bytes, start, end);
  }

  requestTrailers(trailers: Head): void {
    if (this.tenant !== null && this.passesTrailers) this.attempts.sendTrailers(trailers);
  }

  requestEnd(): void {
    this.path.ended();
  }

  requestComplete(): void {
    this.startedTick = this.tools.wheel.now; // the time that the client took to send its body is not the backend's delay
  }

  readBody(limit: number): Promise<ReadBody> {
    return this.path.readBody(limit);
  }

  boundBody(bounds: BodyBounds): void {
    this.path.bound(bounds);
  }

  requestFailed(why: Failure): void {
    this.giveUp(why);
  }

  restRequest(): void {
    this.path.rest();
  }

  resumeRequest(): void {
    this.path.resume();
  }

  downstreamDrained(): void {
    this.answerPath.resume();
  }

  interimHead(head: Head): void {
    if (this.downstream !== null) this.downstream.sendInterim(head);
  }

  respond(head: Head): BodyForm {
    this.enter(RESPONDING);
    this.times.answered = this.attempts.evidence.answeredAt;
    this.noteResponse(head);
    return this.answerPath.begin(head);
  }

  responsePassed(held: HeldResponse): void {
    this.answerPath.passed(held);
  }

  tunnel(head: Head, start: number, end: number): void {
    const { downstream } = this;
    if (downstream === null) return;
    this.enter(TUNNEL);
    this.times.answered = this.attempts.evidence.answeredAt;
    this.noteResponse(head);
    this.path.becomeTunnel();
    if (!downstream.sendUpgrade(head, this.answerPath.edits, start, end)) this.answerPath.rest();
  }

  finish(): void {
    const { downstream } = this;
    this.enter(LEAVING);
    this.place.stop();
    if (downstream !== null) downstream.finish();
  }

  giveUp(why: Failure): void {
    const { downstream } = this;
    this.failure = why.code;
    this.why = why;
    this.reportFailure(why);
    if (downstream !== null && this.asksAboutAnswers) return this.tell(downstream.answerFor(why), why);
    this.enter(LEAVING);
    this.release();
    if (downstream !== null && this.head.takesTrailers) this.call.failed(why, downstream);
    if (downstream !== null) downstream.abort(why, this.answerPath.edits);
  }

  private reportFailure(why: Failure): void {
    const { tenantName: tenant, head, backend, tools } = this;
    if (tenant === null || !this.isFault(why)) return;
    tools.reportFailure({ tenant, backend: backend?.name ?? null, head, why });
  }

  left(): void {
    this.end();
  }

  downstreamGone(): void {
    this.failure ??= 'client-gone';
    this.end();
  }

  // From here on neither a backend nor a policy works for this request.
  private release(): void {
    this.job.leave();
    this.place.stop();
    this.attempts.end();
    this.steps.stop();
    this.answerPath.release();
  }

  private end(): void {
    this.times.left = this.tools.turnClock.now();
    this.release();
    this.job.settle();
    this.place.leave();
    this.enter(OVER);
    this.tools.observer.exchangeEnded(this);
    this.clear();
    this.home.give(this);
  }

  private clear(): void {
    this.steps = this.steps.end(this.status, this.failure);
    if (this.head !== NO_HEAD) releaseHead(this.head);
    this.head = NO_HEAD;
    this.client = NO_CLIENT;
    this.tracePart.clear();
    this.failure = null;
    this.why = null;
    this.refusedBy = null;
    this.response = null;
    this.decision = NOWHERE;
    this.tenant = null;
    this.downstream = null;
    this.path.clear();
    this.call.clear();
    this.attempts.clear();
    this.local.end();
  }
}
